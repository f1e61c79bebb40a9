//! Why a command on a stream was refused.

/// Why no stream was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Too many are open, or not acknowledged; [`Event::StreamsAvailable`](crate::Event::StreamsAvailable)
    /// comes later.
    #[error("too many streams are open")]
    Blocked,
    /// The peer has said that it accepts no more.
    #[error("the peer goes away and accepts no more streams")]
    PeerGoesAway,
    /// All ids were used. Only a new connection helps.
    #[error("out of stream ids")]
    Exhausted,
    /// The connection is over; [`Connection::close_reason`](crate::Connection::close_reason) says why.
    #[error("the connection is over")]
    Closed,
}

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The window or a buffer takes no more now; [`Event::Writable`](crate::Event::Writable) comes later.
    #[error("no room to write")]
    Blocked,
    /// The peer does not want more.
    #[error("the peer stopped the stream with code {code}")]
    Stopped {
        /// The peer's reason.
        code: u32,
    },
    /// We finished, reset or abandoned the stream, or it never was.
    #[error("the stream is not open for writing")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`](crate::Connection::close_reason) says why.
    #[error("the connection is over")]
    Closed,
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing has arrived; [`Event::Readable`](crate::Event::Readable) comes later.
    #[error("nothing to read yet")]
    Blocked,
    /// The peer broke off. What was written before and not read is gone.
    #[error("the peer reset the stream with code {code}")]
    Reset {
        /// The peer's reason.
        code: u32,
    },
    /// We stopped, reset or abandoned the stream, or it never was.
    #[error("the stream is not open for reading")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`](crate::Connection::close_reason) says why.
    #[error("the connection is over")]
    Closed,
}

/// Why a command on a stream did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The peer does not want more: what was written may never be read.
    #[error("the peer stopped the stream with code {code}")]
    Stopped {
        /// The peer's reason.
        code: u32,
    },
    /// The stream is finished, reset or abandoned, or never was.
    #[error("the stream is not open")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`](crate::Connection::close_reason) says why.
    #[error("the connection is over")]
    Closed,
}

/// What is to be expected after a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadState {
    /// There is more, which did not fit into the maximum.
    More,
    /// All that had arrived was read; [`Event::Readable`](crate::Event::Readable) comes later.
    Drained,
    /// The peer finished the stream and all of it was read.
    Ended,
}
