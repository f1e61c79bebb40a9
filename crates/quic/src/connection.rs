//! What a shard adds to the connections that it drives.

use std::{fmt, sync::Arc, time::Instant};

use bytes::Bytes;
use sinew_driver::{Driven, Muxer, ReadFault, WriteFault};
use sinew_multiaddr::Address;
use sinew_quic_proto::{self as proto, ConnectionHandle, ReadState, StreamId};
use sinew_transport::{CloseReason, ConnectionCode, ConnectionStats, Security, StreamCode};

use crate::{
    chunks::{CHUNK_BYTES, Chunks},
    close_reason::translate,
    shard::Shared,
};

/// A connection, as the shard and the application share it.
pub(crate) type Shell = sinew_driver::Shell<OnShard>;

/// What the lock of a connection guards.
pub(crate) type State = sinew_driver::State<Machine>;

/// Where a connection belongs.
pub(crate) struct OnShard {
    /// The connection's name at its endpoint.
    pub(crate) handle: ConnectionHandle,
    pub(crate) shard: Arc<Shared>,
}

/// A connection's machine, and on which of the shard's lists it is.
pub(crate) struct Machine {
    pub(crate) proto: proto::Connection,
    chunks: Arc<Chunks>,
    /// The last stream that did not take all that was copied for it.
    full: Option<StreamId>,
    /// On the list for this turn.
    pub(crate) is_touched: bool,
    /// On the list of those that may have something to send.
    pub(crate) is_sending: bool,
}

impl Machine {
    pub(crate) fn new(proto: proto::Connection, chunks: Arc<Chunks>) -> Self {
        Self {
            proto,
            chunks,
            full: None,
            is_touched: false,
            is_sending: false,
        }
    }
}

impl Driven for OnShard {
    type Muxer = Machine;

    fn mark(shell: &Arc<Shell>) {
        shell.driver().shard.marks.push(shell.clone());
    }

    fn now(&self) -> Instant {
        self.shard.runtime.now()
    }

    fn local_address(&self, machine: &Machine) -> Address {
        let mut local = self.shard.local;
        if let Some(ip) = machine.proto.local_ip() {
            local.set_ip(ip.to_canonical());
        }
        Address::quic(local)
    }

    fn remote_address(&self, machine: &Machine) -> Address {
        Address::quic(machine.proto.remote_address())
    }

    fn security(&self, _machine: &Machine) -> Security {
        Security::new("tls", "quic")
    }
}

impl Muxer for Machine {
    type StreamId = StreamId;

    fn number(id: StreamId) -> u64 {
        id.as_u64()
    }

    fn open(&mut self) -> Option<StreamId> {
        self.proto.open_stream()
    }

    fn accept(&mut self) -> Option<StreamId> {
        self.proto.accept_stream()
    }

    fn read_with(
        &mut self,
        id: StreamId,
        max: usize,
        sink: impl FnMut(Bytes),
    ) -> Result<bool, ReadFault> {
        match self.proto.read_with(id, max, sink) {
            Ok(read) => Ok(read == ReadState::Ended),
            Err(proto::ReadError::Blocked) => Err(ReadFault::Blocked),
            Err(proto::ReadError::Reset { code }) => {
                Err(ReadFault::Reset(StreamCode::from_wire(code)))
            }
            Err(proto::ReadError::Closed) => Err(ReadFault::Closed),
            Err(_) => Err(ReadFault::Stopped),
        }
    }

    fn write(&mut self, id: StreamId, data: &mut Bytes) -> Result<usize, WriteFault> {
        self.proto.write(id, data).map_err(write_fault)
    }

    fn write_slice(&mut self, id: StreamId, data: &[u8]) -> Result<usize, WriteFault> {
        // Only a write tells whether there is room: a stream that had none is asked with little at first.
        let is_full = self.full.take_if(|full| *full == id).is_some();
        let mut piece_bytes = if is_full { SMALL_BYTES } else { CHUNK_BYTES };
        let mut written = 0;
        while let Some(rest) = data.get(written..)
            && !rest.is_empty()
        {
            let piece = rest.get(..piece_bytes).unwrap_or(rest);
            let mut copy = if piece.len() < SMALL_BYTES {
                Bytes::copy_from_slice(piece)
            } else {
                self.chunks.copy(piece)
            };
            match self.proto.write(id, &mut copy) {
                Ok(len) => written += len,
                // It will be said again.
                Err(_) if written > 0 => {}
                Err(error) => {
                    self.full = Some(id);
                    return Err(write_fault(error));
                }
            }
            if !copy.is_empty() {
                self.full = Some(id);
                break;
            }
            piece_bytes = CHUNK_BYTES;
        }
        Ok(written)
    }

    fn finish(&mut self, id: StreamId) -> Result<(), WriteFault> {
        self.proto.finish(id).map_err(|error| match error {
            proto::StreamError::Stopped { code } => {
                WriteFault::Stopped(StreamCode::from_wire(code))
            }
            proto::StreamError::Closed => WriteFault::Closed,
            proto::StreamError::NotOpen | _ => WriteFault::Finished,
        })
    }

    fn reset(&mut self, id: StreamId, code: StreamCode) {
        self.proto.reset(id, code.get().into());
    }

    fn stop(&mut self, id: StreamId, code: StreamCode) {
        self.proto.stop(id, code.get().into());
    }

    fn set_priority(&mut self, id: StreamId, priority: i32) {
        self.proto.set_priority(id, priority);
    }

    fn abandon(&mut self, id: StreamId) {
        self.proto.abandon(id, StreamCode::NO_ERROR.get().into());
    }

    fn close(&mut self, now: Instant, code: ConnectionCode, text: &[u8]) {
        let text = Bytes::copy_from_slice(text.get(..MAX_REASON_BYTES).unwrap_or(text));
        self.proto.close(now, code.get().into(), text);
    }

    fn wants_transmit(&self) -> bool {
        self.proto.wants_transmit()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.proto.close_reason().cloned().map(translate)
    }

    fn stats(&self) -> ConnectionStats {
        let stats = self.proto.stats();
        let mut out = ConnectionStats::default();
        out.rtt = Some(stats.rtt);
        out.sent_bytes = stats.sent_bytes;
        out.received_bytes = stats.received_bytes;
        out.lost_packets = Some(stats.lost_packets);
        out.congestion_window_bytes = Some(stats.congestion_window_bytes);
        out.mtu_bytes = Some(stats.mtu);
        out.open_streams = self.proto.stream_count();
        out.unanswered_since = stats.unanswered_since;
        out
    }
}

impl fmt::Debug for OnShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Quic").field(&self.handle.index()).finish()
    }
}

fn write_fault(error: proto::WriteError) -> WriteFault {
    match error {
        proto::WriteError::Blocked => WriteFault::Blocked,
        proto::WriteError::Stopped { code } => WriteFault::Stopped(StreamCode::from_wire(code)),
        proto::WriteError::Closed => WriteFault::Closed,
        proto::WriteError::NotOpen | _ => WriteFault::Finished,
    }
}

/// Below it, memory of the right size is better than memory that is used again.
const SMALL_BYTES: usize = 8 << 10;

/// Longer texts do not fit the packet that closes a connection.
const MAX_REASON_BYTES: usize = 512;
