//! Why a scenario has no figures.

use sinew::{ConnectError, ListenError, OpenStreamError, ReadError, StartError, WriteError};
use sinew_simnet::Stuck;

/// Something failed in a scenario that must not fail there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A host did not start.
    #[error("a host does not start")]
    Start(#[source] Box<StartError>),
    /// A host cannot listen.
    #[error("a host cannot listen")]
    Listen(#[source] Box<ListenError>),
    /// A host did not reach another.
    #[error("a host does not reach another")]
    Connect(#[source] Box<ConnectError>),
    /// A stream could not be opened.
    #[error("a stream cannot be opened")]
    Open(#[from] OpenStreamError),
    /// A stream could not be written to.
    #[error("a stream cannot be written to")]
    Write(#[from] WriteError),
    /// A stream could not be read.
    #[error("a stream cannot be read")]
    Read(#[from] ReadError),
    /// The world did not go on.
    #[error("somebody waits for ever")]
    Stuck(#[source] Box<Stuck>),
    /// A byte arrived that was not sent.
    #[error("the byte at {offset} is not the one that was sent")]
    WrongByte {
        /// Where.
        offset: u64,
    },
    /// Fewer or more bytes arrived than were sent.
    #[error("{arrived} of {sent} bytes arrived")]
    WrongLength {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes that arrived.
        arrived: u64,
    },
    /// A thing did not happen that the scenario is about.
    #[error("{0}")]
    Missing(&'static str),
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Start(Box::new(error))
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        Self::Listen(Box::new(error))
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl From<Stuck> for Error {
    fn from(error: Stuck) -> Self {
        Self::Stuck(Box::new(error))
    }
}
