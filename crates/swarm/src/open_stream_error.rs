//! Why a stream could not be opened.

use std::time::Duration;

use sinew_identity::PeerId;
use sinew_transport::{
    CloseReason, ConnectionId, ReadError,
    negotiate::{InvalidProtocol, NegotiationError},
};

use crate::LimitExceeded;

/// Why a stream could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStreamError {
    /// The caller's protocol is not the name of one.
    #[error("not the name of a protocol")]
    InvalidProtocol(#[from] InvalidProtocol),
    /// There is no connection with the peer; connect first.
    #[error("not connected to peer {peer}")]
    NotConnected {
        /// The peer.
        peer: PeerId,
    },
    /// There is no such connection (any more).
    #[error("there is no connection {connection}")]
    NoConnection {
        /// The connection.
        connection: ConnectionId,
    },
    /// The connection ended first.
    #[error("the connection is over")]
    Closed(#[source] CloseReason),
    /// The two sides did not agree on a protocol.
    #[error("no stream was agreed on")]
    Negotiation(#[source] NegotiationError),
    /// The peer allows no more streams, or does not answer.
    #[error(
        "no stream was opened within {after:?}: the peer allows no more streams, or does not answer"
    )]
    TimedOut {
        /// The limit, [`Config::open_timeout`](crate::Config::open_timeout).
        after: Duration,
    },
    /// This host has as many streams as it may.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// This host is shutting down.
    #[error("this host is shutting down")]
    ShuttingDown,
}

impl From<NegotiationError> for OpenStreamError {
    fn from(error: NegotiationError) -> Self {
        if let NegotiationError::Stream(stream) = &error
            && let ReadError::Closed(reason) = &**stream
        {
            return Self::Closed(reason.clone());
        }
        Self::Negotiation(error)
    }
}
