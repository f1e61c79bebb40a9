//! Why a connection is over.

use crate::Error;

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
        /// The peer's code: one of those of this type, or one of libp2p's error codes.
        code: u32,
    },
    /// The peer closed the connection without a word, between two frames. Many implementations do.
    #[error("the peer hung up")]
    HungUp,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

// [yamux §Session termination]
impl CloseReason {
    /// The go-away code of an orderly end.
    pub const NORMAL: u32 = 0;
    /// The go-away code for a peer that broke the protocol.
    pub const PROTOCOL_ERROR: u32 = 1;
    /// The go-away code of a side that cannot go on.
    pub const INTERNAL_ERROR: u32 = 2;
}
