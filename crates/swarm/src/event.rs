//! What a host tells.

use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_transport::{CloseReason, ConnectionId, Direction, InboundFailure, Security};

use crate::{ConnectError, LimitExceeded, ListenerId, PathKind, PathState};

/// Something that happened to the host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The host accepts connections at an address. Unspecified addresses (`0.0.0.0`) are told as they are.
    ListeningOn {
        /// The listener.
        listener: ListenerId,
        /// Where.
        address: Address,
    },
    /// The host no longer accepts connections at an address.
    ListenerClosed {
        /// The listener.
        listener: ListenerId,
        /// Where it was.
        address: Address,
    },
    /// A connection can carry streams. Whether the peer accepted our identity may not be known yet.
    ConnectionOpened {
        /// The connection.
        connection: ConnectionId,
        /// Who is at the other end.
        peer: PeerId,
        /// Where the other end is.
        address: Address,
        /// Who made it.
        direction: Direction,
        /// How it is secured and multiplexed.
        security: Security,
    },
    /// The peer has accepted our identity: the connection is healthy.
    ConnectionConfirmed {
        /// The connection.
        connection: ConnectionId,
        /// Who is at the other end.
        peer: PeerId,
    },
    /// The peer moved; its streams go on.
    AddressChanged {
        /// The connection.
        connection: ConnectionId,
        /// Who moved.
        peer: PeerId,
        /// From where.
        old: Address,
        /// To where.
        new: Address,
    },
    /// A connection is over. It was told as opened before, and nothing about it follows.
    ConnectionClosed {
        /// The connection.
        connection: ConnectionId,
        /// Who was at the other end.
        peer: PeerId,
        /// Why it ended.
        reason: CloseReason,
        /// Connections with the same peer that remain.
        remaining: usize,
    },
    /// An attempt to connect failed, with all that was tried. Attempts that were given up are not told.
    DialFailed {
        /// Who was dialed, if that was known.
        peer: Option<PeerId>,
        /// Why it failed.
        error: ConnectError,
    },
    /// A connection attempt of somebody else failed before it was established.
    InboundFailed {
        /// The listener that it came to.
        listener: ListenerId,
        /// Where it came from and why it failed.
        failure: InboundFailure,
    },
    /// A limit was reached. Told once until something was given back.
    LimitReached(LimitExceeded),
    /// What is known about a kind of path changed: it was found to be blocked, or to work.
    PathStateChanged {
        /// The kind.
        kind: PathKind,
        /// Its state from here on.
        state: PathState,
    },
    /// The protocols that the host serves changed.
    ProtocolsChanged,
    /// The reader was too slow, and this many events were lost here.
    Missed(
        /// How many.
        u64,
    ),
}
