//! From the connections to the socket.

use std::{
    io,
    num::NonZeroUsize,
    sync::Arc,
    task::{Context, Poll},
};

use sinew_runtime::{UdpSocket, UdpTransmit};
use sinew_sans_io::Transmit;
use tracing::trace;

use super::{Shard, SocketGone};
use crate::connection::Shell;

/// The buffer that packets are made in, and what the socket did not take.
#[derive(Debug, Default)]
pub(super) struct Transmitter {
    buffer: Vec<u8>,
    /// Is in `buffer`, and goes first.
    refused: Option<Transmit>,
}

/// How sending ended.
enum Sent {
    /// Nothing is left.
    All,
    /// The turn has had its share.
    Some,
    /// The socket is full.
    Blocked,
}

impl Shard {
    /// Sends what is due; returns whether another turn should send more.
    pub(super) fn transmit(&mut self, cx: &mut Context<'_>) -> Result<bool, SocketGone> {
        let mut more = false;
        let mut blocked = self.retry_refused() || self.send_responses();
        let mut later = Vec::new();
        for shell in std::mem::take(&mut self.work.sending) {
            if blocked {
                later.push(shell);
                continue;
            }
            match self.send_for(&shell) {
                Sent::All => {
                    shell.lock().muxer.is_sending = false;
                    self.settle(&shell);
                }
                Sent::Some => {
                    more = true;
                    self.settle(&shell);
                    later.push(shell);
                }
                Sent::Blocked => {
                    blocked = true;
                    later.push(shell);
                }
            }
        }
        self.work.sending = later;
        if blocked {
            match self.socket.poll_writable(cx) {
                Poll::Pending => more = false,
                Poll::Ready(Ok(())) => more = true,
                Poll::Ready(Err(_)) => return Err(SocketGone),
            }
        }
        Ok(more)
    }

    /// Sends for one connection, a bounded number of times. Packets are made under its lock and sent without.
    fn send_for(&mut self, shell: &Arc<Shell>) -> Sent {
        let runtime = self.shared.runtime.clone();
        for _ in 0..SENDS_IN_ONE_TURN {
            self.transmitter.buffer.clear();
            let mut state = shell.lock();
            let segments = max_segments(&*self.socket, state.muxer.proto.mtu());
            let made = state.muxer.proto.poll_transmit(
                runtime.now(),
                segments,
                &mut self.transmitter.buffer,
            );
            drop(state);
            let Some(transmit) = made else {
                return Sent::All;
            };
            if self.send(transmit) {
                return Sent::Blocked;
            }
        }
        Sent::Some
    }

    /// Sends the answers to strangers; returns whether the socket is full.
    fn send_responses(&mut self) -> bool {
        loop {
            self.transmitter.buffer.clear();
            let Some(transmit) = self.endpoint.poll_transmit(&mut self.transmitter.buffer) else {
                return false;
            };
            if self.send(transmit) {
                return true;
            }
        }
    }

    fn retry_refused(&mut self) -> bool {
        let Some(transmit) = self.transmitter.refused.take() else {
            return false;
        };
        self.send(transmit)
    }

    /// Sends what is in the buffer; returns whether the socket is full, and then keeps it.
    fn send(&mut self, transmit: Transmit) -> bool {
        let datagrams = UdpTransmit {
            remote: transmit.remote,
            local_ip: transmit.local_ip,
            ecn: transmit.ecn,
            contents: &self.transmitter.buffer,
            segment_len: transmit.segment_len.map(NonZeroUsize::get),
        };
        match self.socket.try_send(&datagrams) {
            Ok(()) => false,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.transmitter.refused = Some(transmit);
                true
            }
            // Lost, as datagrams may be: too large for the path, or no route.
            Err(error) => {
                trace!(%error, remote = %transmit.remote, "send");
                false
            }
        }
    }

    /// Notes when a connection wants to be called, or lets it go.
    fn settle(&mut self, shell: &Arc<Shell>) {
        let mut state = shell.lock();
        // Sending may have made work for the endpoint.
        self.talk_to_endpoint(shell, &mut state);
        let is_drained = state.muxer.proto.is_drained();
        let deadline = state.muxer.proto.poll_timeout().map(|deadline| deadline.at);
        drop(state);
        if !self.roster.has(shell) {
            // A late mark on a connection that has gone.
        } else if is_drained {
            self.roster.remove(shell.driver().handle);
        } else {
            self.roster.arm(shell.driver().handle, deadline);
        }
    }
}

/// One send carries at most 64 KiB: a larger one fails, and the loss looks like a path that carries less.
fn max_segments(socket: &dyn UdpSocket, mtu: u16) -> NonZeroUsize {
    let fitting = MAX_SEND_BYTES / usize::from(mtu.max(1));
    NonZeroUsize::new(fitting.min(socket.max_send_segments())).unwrap_or(NonZeroUsize::MIN)
}

/// The largest UDP payload over IPv4.
const MAX_SEND_BYTES: usize = 65_507;

/// Sends for one connection before the others get their turn.
const SENDS_IN_ONE_TURN: usize = 8;
