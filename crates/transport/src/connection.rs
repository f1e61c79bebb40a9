//! What a transport provides for each connection.

use std::{
    fmt,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
pub use sinew_sans_io::Role;

use crate::{Acceptor, CloseReason, ConnectionCode, Security, StreamIo};

/// An authenticated connection that carries streams.
///
/// Dropping the last handle does not close it; [`close`](Self::close) does.
pub trait Connection: fmt::Debug + Send + Sync + 'static {
    /// Returns the proven identity of the other end.
    fn peer(&self) -> PeerId;

    /// Returns which side this is.
    fn role(&self) -> Role;

    /// Returns this end's address, as far as it is known.
    fn local_address(&self) -> Address;

    /// Returns the other end's address; it changes when the peer moves.
    fn remote_address(&self) -> Address;

    /// Returns how the connection is secured and multiplexed.
    fn security(&self) -> Security;

    /// Opens a stream, waiting while the peer allows no more of them. Streams are opened in the order asked.
    ///
    /// Yamux has no word for how many a peer allows: over TCP this waits at a limit of this side's, and what is too
    /// much for the peer is reset with [`RESOURCE_LIMIT_EXCEEDED`](crate::StreamCode::RESOURCE_LIMIT_EXCEEDED).
    ///
    /// The peer learns of the stream with the first bytes on it, or with its end. Of one that is reset or dropped
    /// before those were sent it may hear or not.
    fn open(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>>;

    /// Waits for an inbound stream. Not to be used once an acceptor is set.
    fn accept(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>>;

    /// Gives every inbound stream to `acceptor` from here on, those that wait included.
    fn set_acceptor(&self, acceptor: Acceptor);

    /// Waits for something to happen to the connection; `None` after `Closed`. Only the last task that asked
    /// is woken.
    fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ConnectionEvent>>;

    /// Closes the connection: streams end with [`CloseReason::Local`], the peer is told `code` and `reason`.
    /// A second call does nothing. Yamux carries the code alone, and the peer reads an empty reason.
    fn close(&self, code: ConnectionCode, reason: &str);

    /// Waits until the connection is over.
    fn closed(&self) -> BoxFuture<'static, CloseReason>;

    /// Returns what is known about the path and the traffic.
    fn stats(&self) -> ConnectionStats;
}

/// A connection's number, unique within its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(
    /// The number.
    pub u64,
);

/// Something that happened to a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// The other end has accepted our identity too: the connection is healthy.
    Confirmed,
    /// The peer moved to another address; nothing has to be done.
    AddressChanged {
        /// Where it was.
        old: Address,
        /// Where it is.
        new: Address,
    },
    /// The connection is over. Nothing follows.
    Closed(CloseReason),
}

/// What is known about a connection. Counters start at 0 with the connection; `None` where the transport
/// cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// Smoothed round-trip time.
    pub rtt: Option<Duration>,
    /// Bytes sent, headers included.
    pub sent_bytes: u64,
    /// Bytes received, headers included.
    pub received_bytes: u64,
    /// Packets declared lost.
    pub lost_packets: Option<u64>,
    /// Congestion window, in bytes.
    pub congestion_window_bytes: Option<u64>,
    /// Largest datagram that the path is known to carry, in bytes.
    pub mtu_bytes: Option<u16>,
    /// Streams that are open, both sides' together. One counts until all that was sent on it has arrived: a
    /// graceful shutdown waits for 0.
    pub open_streams: usize,
    /// Since when the peer owes an answer and nothing has come from it at all, by the clock of the transport's
    /// runtime. `None` while nothing is owed, and where the transport cannot tell.
    pub unanswered_since: Option<Instant>,
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
