//! Why a connection failed, and whose fault it is.

use std::time::Duration;

use crate::{Frame, StreamId};

/// Why a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule. It is told so with the go-away code 1.
    #[error("the peer broke the rules of yamux")]
    Violation(#[from] Violation),
    /// The bytes ended in the middle of a frame: the connection was cut, or the peer died.
    #[error("the connection ended in the middle of a frame")]
    Truncated,
    /// A ping was not answered, and nothing else was heard.
    #[error("nothing was heard from the peer for {after:?} after a ping")]
    PingTimeout {
        /// [`Config::ping_timeout`](crate::Config::ping_timeout).
        after: Duration,
    },
}

/// The rule that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A frame of another version: the peer speaks something else, or is out of step.
    #[error("a frame of version {version} instead of 0")]
    UnknownVersion {
        /// What it said.
        version: u8,
    },
    /// A frame of a type that does not exist.
    #[error("a frame of the unknown type {kind}")]
    UnknownType {
        /// What it said.
        kind: u8,
    },
    /// A flag that does not exist.
    #[error("unknown flags among {flags:#06x} for stream {stream}")]
    UnknownFlags {
        /// The stream, or 0 for the session.
        stream: u32,
        /// All flags of the frame.
        flags: u16,
    },
    /// Data or a window update for stream 0, which is the session.
    #[error("a stream's frame for the session")]
    StreamFrameOnSession,
    /// A ping or a go-away for a stream.
    #[error("a session's frame for stream {stream}")]
    SessionFrameOnStream {
        /// The stream.
        stream: StreamId,
    },
    /// A ping that is neither a question nor an answer, or more than that.
    #[error("a ping with flags {flags:#06x}, neither SYN nor ACK alone")]
    PingFlags {
        /// All flags of the frame.
        flags: u16,
    },
    /// A stream opened under an id that is ours to give out.
    #[error("stream {stream} was opened under an id of our side")]
    WrongParity {
        /// The stream.
        stream: StreamId,
    },
    /// A stream opened that is open.
    #[error("stream {stream} was opened twice")]
    DuplicateSyn {
        /// The stream.
        stream: StreamId,
    },
    /// Data or credit for a stream that nobody has opened.
    #[error("a frame for stream {stream}, which was never opened")]
    UnknownStream {
        /// The stream.
        stream: StreamId,
    },
    /// Data behind the end of a stream.
    #[error("{len} bytes for stream {stream} behind its end")]
    DataAfterFin {
        /// The stream.
        stream: StreamId,
        /// Bytes in the frame.
        len: u32,
    },
    /// More data than the window allowed.
    #[error("{len} bytes for stream {stream}, whose window has {window} left")]
    WindowExceeded {
        /// The stream.
        stream: StreamId,
        /// Bytes in the frame.
        len: u32,
        /// Bytes that were allowed.
        window: u32,
    },
    /// More data for streams that are over than their windows had left.
    #[error("{len} bytes for stream {stream}, which is over; {allowed} might still come")]
    ClosedStreamOverrun {
        /// The stream of the last frame.
        stream: StreamId,
        /// Bytes in the frame.
        len: u32,
        /// What the windows of all streams that are over had left.
        allowed: u64,
    },
    /// A window update beyond 2³² - 1.
    #[error("{credit} bytes of credit for stream {stream}, whose window has {window}")]
    CreditOverflow {
        /// The stream.
        stream: StreamId,
        /// What the window had.
        window: u32,
        /// What was added.
        credit: u32,
    },
}

impl Violation {
    /// Returns the stream that the violation was on, if it was on one.
    #[must_use]
    pub const fn stream(&self) -> Option<StreamId> {
        match *self {
            Self::SessionFrameOnStream { stream }
            | Self::WrongParity { stream }
            | Self::DuplicateSyn { stream }
            | Self::UnknownStream { stream }
            | Self::DataAfterFin { stream, .. }
            | Self::WindowExceeded { stream, .. }
            | Self::ClosedStreamOverrun { stream, .. }
            | Self::CreditOverflow { stream, .. } => Some(stream),
            Self::UnknownFlags { stream, .. } if stream != Frame::SESSION => {
                Some(StreamId::new(stream))
            }
            Self::UnknownVersion { .. }
            | Self::UnknownType { .. }
            | Self::UnknownFlags { .. }
            | Self::StreamFrameOnSession
            | Self::PingFlags { .. } => None,
        }
    }
}
