//! What a connection tells its owner.

use std::net::SocketAddr;

use sinew_identity::PeerId;

use crate::{CloseReason, StreamId};

/// Something that happened on a connection.
///
/// Events of a stream stop once it is abandoned, and all events stop after [`Event::Closed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The handshake is done and we know who the peer is. Streams can be opened.
    ///
    /// For a dialer the peer may still refuse *us*: see [`Event::HandshakeConfirmed`].
    Connected {
        /// Who it is.
        peer: PeerId,
    },
    /// The peer has accepted our certificate too; the connection is healthy.
    ///
    /// A listener knows this together with `Connected`, a dialer one round trip later.
    HandshakeConfirmed,
    /// The peer's packets come from another address. Count it against the limits of the new one.
    ///
    /// May be followed by the way back, when nobody answers at the new address.
    AddressChanged {
        /// Where it was.
        old: SocketAddr,
        /// Where it is.
        new: SocketAddr,
    },
    /// The peer opened one or more streams. Call [`Connection::accept_stream`] until `None`.
    ///
    /// What arrived with the opening is there to be read, and no `Readable` announces it.
    ///
    /// [`Connection::accept_stream`]: crate::Connection::accept_stream
    StreamOpened,
    /// The peer allows more streams; [`Connection::open_stream`] may have `Some` again.
    ///
    /// [`Connection::open_stream`]: crate::Connection::open_stream
    StreamsAvailable,
    /// There may be data, an end or a reset to be read.
    ///
    /// One comes for each frame, so several may come before the first read.
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
    /// The peer does not want what we write, or anything more of it.
    Stopped {
        /// Where.
        stream: StreamId,
        /// The peer's reason.
        code: u64,
    },
    /// Datagrams can be taken with [`Connection::receive_datagram`] until `None`.
    ///
    /// [`Connection::receive_datagram`]: crate::Connection::receive_datagram
    DatagramReceived,
    /// There is room again for datagrams to send.
    DatagramsUnblocked,
    /// The connection is over. Nothing follows.
    ///
    /// Data that had arrived can still be read. The connection lives on until it is drained, so that
    /// late packets find it.
    Closed(CloseReason),
}
