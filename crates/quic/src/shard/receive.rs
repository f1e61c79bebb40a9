//! From the socket to the connections.

use std::{
    io::{self, IoSliceMut},
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use sinew_driver::Slabs;
use sinew_quic_proto::{Routed, opens_connection};
use sinew_runtime::{ReceivedMeta, UdpSocket};
use sinew_sans_io::Datagram;
use tracing::trace;

use super::{Shard, SocketGone};

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

    /// Returns how many bytes are in the first `count` buffers.
    fn bytes(&self, count: usize) -> usize {
        self.metas.iter().take(count).map(|meta| meta.len).sum()
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
        let mut bytes = 0;
        for _ in 0..BATCHES_IN_ONE_TURN {
            match self.receiver.receive(&*socket) {
                Ok(count) => {
                    bytes += self.receiver.bytes(count);
                    self.route_batch(count);
                    if bytes >= BYTES_IN_ONE_TURN {
                        break;
                    }
                }
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

    /// Hands every datagram of a batch to whom it belongs: those in a row for one connection under one lock.
    fn route_batch(&mut self, count: usize) {
        let mut batch = Batch {
            now: self.shared.runtime.now(),
            next: 0,
            count,
            rest: None,
        };
        let mut next = self.route_next(&mut batch);
        while let Some(routed) = next.take() {
            match routed {
                Routed::Connection(handle, input) => {
                    let Some(shell) = self.roster.get(handle).cloned() else {
                        next = self.route_next(&mut batch);
                        continue;
                    };
                    let mut first = Some(input);
                    let in_a_row = || {
                        if first.is_some() {
                            return first.take();
                        }
                        // What it takes is large, and is moved as seldom as can be.
                        match self.route_next(&mut batch) {
                            Some(Routed::Connection(to, input)) if to == handle => Some(input),
                            other => {
                                next = other;
                                None
                            }
                        }
                    };
                    shell
                        .lock()
                        .muxer
                        .proto
                        .handle_inputs(std::iter::from_fn(in_a_row));
                    self.touch(shell);
                }
                Routed::Incoming(incoming) => {
                    self.on_incoming(incoming);
                    next = self.route_next(&mut batch);
                }
            }
        }
    }

    /// Asks the endpoint about the batch's datagrams until one is for somebody; `None` at the end.
    #[inline]
    fn route_next(&mut self, batch: &mut Batch) -> Option<Routed> {
        while let Some(datagram) = self.next_datagram(batch) {
            if let Some(routed) = self.endpoint.handle_datagram(batch.now, datagram) {
                return Some(routed);
            }
        }
        None
    }

    /// Takes the next datagram out of the batch that the gate lets through.
    #[inline]
    fn next_datagram(&mut self, batch: &mut Batch) -> Option<Datagram> {
        loop {
            let (meta, mut content) = match batch.rest.take() {
                Some(rest) => rest,
                None if batch.next < batch.count => {
                    batch.next += 1;
                    self.receiver.take(batch.next - 1)?
                }
                None => return None,
            };
            if content.is_empty() {
                continue;
            }
            let stride = meta.stride.max(1);
            let payload = if content.len() > stride {
                let payload = content.split_to(stride);
                batch.rest = Some((meta, content));
                payload
            } else {
                content
            };
            if opens_connection(&payload) && !self.allows(&meta) {
                continue;
            }
            return Some(Datagram {
                remote: meta.remote,
                local_ip: meta.local_ip,
                ecn: meta.ecn,
                payload,
            });
        }
    }

    /// Asks the gate, but not about those with whom a handshake is in progress: an answer to a dial begins like
    /// a stranger's request, and a request may take several packets, of which the last must come through also
    /// when the first has used up a limit.
    fn allows(&self, meta: &ReceivedMeta) -> bool {
        let inbox = self.inbox.as_ref();
        self.roster.is_handshaking(meta.remote)
            || inbox.is_none_or(|inbox| inbox.allows(meta.remote))
    }
}

/// What is left of what one call received.
struct Batch {
    now: Instant,
    /// The next buffer.
    next: usize,
    /// Buffers that were filled.
    count: usize,
    /// The rest of a buffer that holds several datagrams.
    rest: Option<(ReceivedMeta, BytesMut)>,
}

/// Buffers that one call fills.
const BATCH: usize = 4;

/// Calls in one turn; then what has arrived is worked on.
const BATCHES_IN_ONE_TURN: usize = 16;

/// Bytes in one turn, after which applications read before more is received: what was decrypted is still in the
/// processor's cache then. With 4 MiB, bulk costs a twentieth more.
const BYTES_IN_ONE_TURN: usize = 192 << 10;

const MIN_BUFFER_BYTES: usize = 2048;
const MAX_BUFFER_BYTES: usize = 65_536;
