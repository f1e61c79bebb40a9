//! What a connection tells its owner.

use sinew_identity::PeerId;
use sinew_yamux_proto::StreamId;

use crate::CloseReason;

/// Something that happened on a connection.
///
/// Events of a stream stop once it is abandoned, and all events stop after [`Event::Closed`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// We know who the peer is and what we speak with it. Streams can be opened and written to.
    ///
    /// For a dialer the peer may still refuse *us*: see [`Event::HandshakeConfirmed`].
    Connected {
        /// Who it is.
        peer: PeerId,
    },
    /// The peer has accepted our identity too; the connection is healthy.
    ///
    /// A listener knows this together with `Connected`, a dialer one round trip later.
    HandshakeConfirmed,
    /// The peer opened one or more streams. Call [`Connection::accept_stream`] until `None`; the next
    /// event comes after that.
    ///
    /// What arrived with the opening is there to be read, and no `Readable` announces it.
    ///
    /// [`Connection::accept_stream`]: crate::Connection::accept_stream
    StreamOpened,
    /// [`Connection::open_stream`] was blocked and may go on.
    ///
    /// [`Connection::open_stream`]: crate::Connection::open_stream
    StreamsAvailable,
    /// There may be data, an end or a reset to be read. The next one comes after a read that took all.
    Readable {
        /// Where.
        stream: StreamId,
    },
    /// A write that was blocked may go on.
    Writable {
        /// Where.
        stream: StreamId,
    },
    /// All that we wrote, and the end, has reached the peer.
    Finished {
        /// Where.
        stream: StreamId,
    },
    /// The peer reset the stream: it does not want what we write, or anything more of it.
    Stopped {
        /// Where.
        stream: StreamId,
        /// The peer's reason; 0 from those that give none.
        code: u32,
    },
    /// The peer accepts no more streams. Those that are open go on.
    PeerGoesAway,
    /// The connection is over. Nothing follows.
    ///
    /// Data that had arrived can still be read, and a farewell may have to be sent. Does not come after
    /// an `Err`, which says the same.
    Closed(CloseReason),
}
