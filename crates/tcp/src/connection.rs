//! What TCP adds to the connections that it drives.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use sinew_driver::{Arrival, Driven, Marks, Muxer, ReadFault, WriteFault};
use sinew_multiaddr::Address;
use sinew_runtime::{Runtime, TcpStream};
use sinew_tcp_proto::{self as proto, OpenError, ReadState, StreamId};
use sinew_transport::{
    CloseReason, ConnectionCode, ConnectionStats, MuxerChoice, Security, StreamCode,
};

use crate::close_reason::translate;

/// A connection, as its task and the application share it.
pub(crate) type Shell = sinew_driver::Shell<OnTask>;

/// What the lock of a connection guards.
pub(crate) type State = sinew_driver::State<Machine>;

/// Where a connection belongs: between two addresses, to a task of its own.
pub(crate) struct OnTask {
    /// Marked by whoever made something to do, and rung for handlers. There is but one connection that a mark
    /// could name.
    pub(crate) marks: Arc<Marks<()>>,
    pub(crate) runtime: Runtime,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// A connection's machine.
pub(crate) struct Machine {
    pub(crate) proto: proto::Connection,
    /// The peer accepts no more streams; those that are open go on.
    pub(crate) peer_goes_away: bool,
}

/// Puts a machine where its task and the application can share it.
pub(crate) fn share(
    socket: &dyn TcpStream,
    proto: proto::Connection,
    arrival: Option<Arrival>,
    runtime: &Runtime,
) -> io::Result<Arc<Shell>> {
    let driver = OnTask {
        marks: Arc::new(Marks::new()),
        runtime: runtime.clone(),
        local: socket.local_addr()?,
        remote: socket.peer_addr()?,
    };
    let role = proto.role();
    let machine = Machine {
        proto,
        peer_goes_away: false,
    };
    Ok(Shell::new(driver, role, machine, arrival))
}

impl Driven for OnTask {
    type Muxer = Machine;

    fn mark(shell: &Arc<Shell>) {
        shell.driver().marks.push(());
    }

    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn local_address(&self, _machine: &Machine) -> Address {
        Address::tcp(self.local)
    }

    fn remote_address(&self, _machine: &Machine) -> Address {
        Address::tcp(self.remote)
    }

    fn security(&self, machine: &Machine) -> Security {
        let security = machine.proto.security().map_or("none", |it| it.name());
        let choice = match machine.proto.muxer() {
            Some(proto::MuxerChoice::InTls) => MuxerChoice::InTls,
            Some(proto::MuxerChoice::InNoise) => MuxerChoice::InNoise,
            Some(proto::MuxerChoice::Negotiated) | None => MuxerChoice::Negotiated,
        };
        Security::new(security, "yamux").chosen(choice)
    }
}

impl Muxer for Machine {
    type StreamId = StreamId;

    fn number(id: StreamId) -> u64 {
        u64::from(id.as_u32())
    }

    fn open(&mut self) -> Option<StreamId> {
        match self.proto.open_stream() {
            Ok(id) => Some(id),
            Err(OpenError::PeerGoesAway | OpenError::Exhausted) => {
                self.peer_goes_away = true;
                None
            }
            Err(OpenError::Blocked | OpenError::Closed | _) => None,
        }
    }

    fn refuses_streams(&self) -> Option<CloseReason> {
        self.peer_goes_away.then(|| CloseReason::Remote {
            code: ConnectionCode::NO_ERROR,
            reason: "".into(),
        })
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
            Err(proto::ReadError::Reset { code }) => Err(ReadFault::Reset(StreamCode::new(code))),
            Err(proto::ReadError::Closed) => Err(ReadFault::Closed),
            Err(_) => Err(ReadFault::Stopped),
        }
    }

    fn write(&mut self, id: StreamId, data: &mut Bytes) -> Result<usize, WriteFault> {
        self.proto.write(id, data).map_err(write_fault)
    }

    fn write_slice(&mut self, id: StreamId, data: &[u8]) -> Result<usize, WriteFault> {
        self.proto.write_slice(id, data).map_err(write_fault)
    }

    fn finish(&mut self, id: StreamId) -> Result<(), WriteFault> {
        self.proto.finish(id).map_err(|error| match error {
            proto::StreamError::Stopped { code } => WriteFault::Stopped(StreamCode::new(code)),
            proto::StreamError::Closed => WriteFault::Closed,
            proto::StreamError::NotOpen | _ => WriteFault::Finished,
        })
    }

    fn reset(&mut self, id: StreamId, code: StreamCode) {
        self.proto.reset(id, code.get());
    }

    fn stop(&mut self, id: StreamId, code: StreamCode) {
        self.proto.stop(id, code.get());
    }

    fn set_priority(&mut self, id: StreamId, priority: i32) {
        self.proto.set_priority(id, priority);
    }

    fn abandon(&mut self, id: StreamId) {
        self.proto.abandon(id, StreamCode::NO_ERROR.get());
    }

    /// The text is lost: Yamux carries a number alone.
    fn close(&mut self, _now: Instant, code: ConnectionCode, _text: &[u8]) {
        self.proto.close(code.get());
    }

    fn wants_transmit(&self) -> bool {
        self.proto.wants_transmit()
    }

    fn close_reason(&self) -> Option<CloseReason> {
        self.proto.close_reason().map(translate)
    }

    fn stats(&self) -> ConnectionStats {
        let stats = self.proto.stats();
        let mut out = ConnectionStats::default();
        out.rtt = stats.rtt;
        out.sent_bytes = stats.sent_bytes;
        out.received_bytes = stats.received_bytes;
        out.open_streams = self.proto.stream_count();
        out.unanswered_since = stats.unanswered_since;
        out
    }
}

impl fmt::Debug for OnTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tcp")
            .field("local", &self.local)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

fn write_fault(error: proto::WriteError) -> WriteFault {
    match error {
        proto::WriteError::Blocked => WriteFault::Blocked,
        proto::WriteError::Stopped { code } => WriteFault::Stopped(StreamCode::new(code)),
        proto::WriteError::Closed => WriteFault::Closed,
        proto::WriteError::NotOpen | _ => WriteFault::Finished,
    }
}
