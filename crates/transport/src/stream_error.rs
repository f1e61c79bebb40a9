//! Why a stream cannot be read or written.

use std::io;

use crate::{CloseReason, StreamCode, negotiate::NegotiationError};

/// Why nothing more can be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The peer abandoned its sending side; what was read before may be incomplete.
    #[error("the peer reset the stream: {0}")]
    Reset(StreamCode),
    /// This side stopped or reset the stream.
    #[error("this side stopped reading")]
    Stopped,
    /// The stream was silent, or open, for longer than this side's settings allow.
    #[error("the stream ran into this side's time limit for streams")]
    Expired,
    /// The connection is over.
    #[error("the connection is over")]
    Closed(#[source] CloseReason),
    /// The peer does not speak the protocol that was offered, or broke the rules of negotiation.
    #[error(transparent)]
    Negotiation(NegotiationError),
}

/// Why nothing more can be written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The peer does not want more.
    #[error("the peer stopped reading: {0}")]
    Stopped(StreamCode),
    /// This side finished or reset the stream already.
    #[error("this side already finished or reset the stream")]
    Finished,
    /// The stream was silent, or open, for longer than this side's settings allow.
    #[error("the stream ran into this side's time limit for streams")]
    Expired,
    /// The connection is over.
    #[error("the connection is over")]
    Closed(#[source] CloseReason),
    /// The peer does not speak the protocol that was offered.
    #[error(transparent)]
    Negotiation(#[from] NegotiationError),
}

/// Why a fixed number of bytes could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadExactError {
    /// The stream ended first.
    #[error("the stream ended after {got} of {wanted} bytes")]
    Ended {
        /// Bytes that came.
        got: usize,
        /// Bytes that were wanted.
        wanted: usize,
    },
    /// The stream failed first.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a stream could not be read to its end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadToEndError {
    /// The peer sent more than the caller allows.
    #[error("the peer sent more than {limit} bytes")]
    TooLong {
        /// The caller's limit.
        limit: usize,
    },
    /// The stream failed first.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why copying back stopped.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A stream that failed while a guess at the protocol was not confirmed has failed like any other.
impl From<NegotiationError> for ReadError {
    fn from(error: NegotiationError) -> Self {
        if let NegotiationError::Stream(error) = error {
            return (*error).clone();
        }
        Self::Negotiation(error)
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match &error {
            ReadError::Reset(_) => io::ErrorKind::ConnectionReset,
            ReadError::Stopped => io::ErrorKind::NotConnected,
            ReadError::Expired => io::ErrorKind::TimedOut,
            ReadError::Closed(reason) => reason.io_kind(),
            ReadError::Negotiation(_) => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        let kind = match &error {
            WriteError::Stopped(_) => io::ErrorKind::BrokenPipe,
            WriteError::Finished => io::ErrorKind::NotConnected,
            WriteError::Expired => io::ErrorKind::TimedOut,
            WriteError::Closed(reason) => reason.io_kind(),
            WriteError::Negotiation(_) => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}
