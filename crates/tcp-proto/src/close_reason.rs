//! Why a connection is over.

use crate::Error;

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// We closed it.
    #[error("closed by us with code {code:#x}")]
    Local {
        /// The code that we gave.
        code: u32,
    },
    /// The peer said that it goes away.
    #[error("closed by the peer with code {code:#x}")]
    Remote {
        /// The peer's code: one of Yamux's (0 to 2), or one of libp2p's error codes.
        code: u32,
    },
    /// The peer closed the connection without a reason, between two messages, and no stream was open or TLS announced
    /// it. Many implementations do.
    #[error("the peer hung up")]
    HungUp,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl CloseReason {
    /// Returns whether we closed it ourselves.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Returns the failure, if it was one.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Local { .. } | Self::Remote { .. } | Self::HungUp => None,
        }
    }
}
