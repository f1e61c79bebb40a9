//! From the socket to the connections.

use std::{
    io::{self, IoSliceMut},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::BytesMut;
use sinew_driver::Slabs;
use sinew_quic_proto::{ConnectionInput, Routed, opens_connection};
use sinew_runtime::{ReceivedMeta, UdpSocket};
use sinew_sans_io::Datagram;
use tracing::trace;

use super::{Shard, SocketGone};
use crate::connection::Shell;

/// Where datagrams arrive. What came is copied out at its true size: the copy cannot be measured, and a slow
/// reader then holds what the peer sent and not the buffer around it.
#[derive(Debug)]
pub(super) struct Receiver {
    memory: Vec<u8>,
    buffer_bytes: usize,
    metas: [ReceivedMeta; BATCH],
    slabs: Slabs,
}

impl Receiver {
    pub(super) fn new(socket: &dyn UdpSocket, max_udp_payload: u16) -> Self {
        let wanted = socket.max_recv_segments() * usize::from(max_udp_payload);
        let buffer_bytes = wanted.clamp(MIN_BUFFER_BYTES, MAX_BUFFER_BYTES);
        Self {
            memory: vec![0; BATCH * buffer_bytes],
            buffer_bytes,
            metas: [ReceivedMeta::EMPTY; BATCH],
            slabs: Slabs::new(MAX_BUFFER_BYTES),
        }
    }

    /// Receives one batch and returns how many buffers were filled.
    fn receive(&mut self, socket: &dyn UdpSocket) -> io::Result<usize> {
        let mut buffers = self.memory.chunks_exact_mut(self.buffer_bytes);
        let mut slices: [IoSliceMut<'_>; BATCH] =
            std::array::from_fn(|_| IoSliceMut::new(buffers.next().unwrap_or_default()));
        socket.try_recv(&mut slices, &mut self.metas)
    }

    /// Copies the content of the buffer at `index` out.
    fn take(&mut self, index: usize) -> Option<(ReceivedMeta, BytesMut)> {
        let meta = *self.metas.get(index)?;
        let start = index * self.buffer_bytes;
        let content = self.memory.get(start..start + meta.len)?;
        Some((meta, self.slabs.copy(content)))
    }
}

impl Shard {
    /// Receives until nothing is left or the turn has had its share; returns whether more may be there.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>) -> Result<bool, SocketGone> {
        let socket = self.socket.clone();
        for _ in 0..BATCHES_IN_ONE_TURN {
            match self.receiver.receive(&*socket) {
                Ok(count) => self.route_batch(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match socket.poll_readable(cx) {
                        Poll::Pending => return Ok(false),
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => return Err(SocketGone),
                    }
                }
                // An error of one datagram, such as an ICMP message about a peer that is gone.
                Err(error) => trace!(%error, "receive"),
            }
        }
        Ok(true)
    }

    fn route_batch(&mut self, count: usize) {
        let now = self.shared.runtime.now();
        let mut run = Run {
            shell: None,
            inputs: std::mem::take(&mut self.work.inputs),
        };
        for index in 0..count {
            let Some((meta, mut content)) = self.receiver.take(index) else {
                break;
            };
            while !content.is_empty() {
                let payload = content.split_to(meta.stride.clamp(1, content.len()));
                if opens_connection(&payload) && !self.allows(&meta) {
                    continue;
                }
                let datagram = Datagram {
                    remote: meta.remote,
                    local_ip: meta.local_ip,
                    ecn: meta.ecn,
                    payload,
                };
                match self.endpoint.handle_datagram(now, datagram) {
                    Some(Routed::Connection(handle, input)) => {
                        if run
                            .shell
                            .as_ref()
                            .is_none_or(|shell| shell.driver().handle != handle)
                        {
                            self.deliver(&mut run);
                            run.shell = self.roster.get(handle).cloned();
                        }
                        run.inputs.push(input);
                    }
                    Some(Routed::Incoming(incoming)) => {
                        self.deliver(&mut run);
                        self.on_incoming(incoming);
                    }
                    None => {}
                }
            }
        }
        self.deliver(&mut run);
        self.work.inputs = run.inputs;
    }

    /// Asks the gate, but not about those with whom a handshake is in progress: an answer to a dial begins like
    /// a stranger's request, and a request may take several packets, of which the last must come through also
    /// when the first has used up a limit.
    fn allows(&self, meta: &ReceivedMeta) -> bool {
        let inbox = self.inbox.as_ref();
        self.roster.is_handshaking(meta.remote)
            || inbox.is_none_or(|inbox| inbox.allows(meta.remote))
    }

    /// Hands the datagrams of one connection in under one lock.
    fn deliver(&mut self, run: &mut Run) {
        let Some(shell) = run.shell.take() else {
            run.inputs.clear();
            return;
        };
        let mut state = shell.lock();
        for input in run.inputs.drain(..) {
            state.muxer.proto.handle_input(input);
        }
        drop(state);
        self.touch(shell);
    }
}

/// Datagrams in a row for one connection.
struct Run {
    shell: Option<Arc<Shell>>,
    inputs: Vec<ConnectionInput>,
}

/// Buffers that one call fills.
const BATCH: usize = 4;

/// Calls in one turn; then what has arrived is worked on.
const BATCHES_IN_ONE_TURN: usize = 16;

const MIN_BUFFER_BYTES: usize = 2048;
const MAX_BUFFER_BYTES: usize = 65_536;
