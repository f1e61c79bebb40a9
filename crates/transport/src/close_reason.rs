//! Why a connection is over.

use std::{io, sync::Arc, time::Duration};

use sinew_identity::PeerId;

use crate::{Cause, ConnectionCode, Phase};

/// Why a connection is over. Everyone who waits on the connection gets the same reason.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side closed it.
    #[error("closed by this side: {code}")]
    Local {
        /// The code that was sent.
        code: ConnectionCode,
    },
    /// The peer closed it.
    #[error("closed by the peer: {code}{}", said(.reason))]
    Remote {
        /// The code that it sent.
        code: ConnectionCode,
        /// What it said, made printable; often empty.
        reason: Arc<str>,
    },
    /// Nothing was heard from the peer for too long.
    #[error("nothing heard from the peer for {after:?}")]
    TimedOut {
        /// The negotiated idle timeout.
        after: Duration,
    },
    /// The connection was not set up in time.
    #[error("the set-up of the connection did not get past {phase} within {after:?}")]
    HandshakeTimedOut {
        /// The limit.
        after: Duration,
        /// How far it had come; [`Phase::Contact`] when nothing was heard from the peer at all.
        phase: Phase,
    },
    /// The peer no longer knows the connection, most often because it restarted; over TCP also: the connection was
    /// cut in the middle of something.
    #[error("the peer no longer knows this connection (it may have restarted)")]
    Reset,
    /// The other end is not the peer that was dialed.
    #[error("expected peer {expected}, but {actual} answered")]
    WrongPeer {
        /// The peer that was dialed.
        expected: PeerId,
        /// The peer that proved its identity.
        actual: PeerId,
    },
    /// The peer could not prove who it is.
    #[error("the peer could not be authenticated")]
    Unauthenticated(#[source] Cause),
    /// The peer turned our handshake down, for example because it refuses our certificate.
    #[error("the peer refused the handshake")]
    Rejected(#[source] Cause),
    /// A rule of the transport protocol was broken, by the peer unless the cause says otherwise.
    #[error("the transport protocol was violated")]
    Violation(#[source] Cause),
    /// The socket or the transport under the connection is gone.
    #[error("the transport shut down")]
    TransportClosed,
}

impl CloseReason {
    /// Says whether this side ended the connection on purpose.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. } | Self::TransportClosed)
    }

    /// Returns the fitting kind of I/O error.
    pub fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::Local { .. } | Self::TransportClosed => io::ErrorKind::NotConnected,
            Self::Remote { .. } => io::ErrorKind::ConnectionAborted,
            Self::TimedOut { .. } | Self::HandshakeTimedOut { .. } => io::ErrorKind::TimedOut,
            Self::Reset => io::ErrorKind::ConnectionReset,
            Self::WrongPeer { .. } | Self::Unauthenticated(_) | Self::Rejected(_) => {
                io::ErrorKind::PermissionDenied
            }
            Self::Violation(_) => io::ErrorKind::InvalidData,
        }
    }
}

fn said(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(", saying {reason:?}")
    }
}
