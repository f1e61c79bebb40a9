//! The port that transports fill and protocols are written against.
//!
//! # Where it sits
//!
//! Layer 3. A protocol (ping, identify, your own) depends on this crate alone. A transport (QUIC, TCP, the
//! in-memory one here) implements its traits. The swarm knows these traits and no transport.
//!
//! # The mental model
//!
//! ```text
//!  protocol code        Stream                    concrete, owned, one per conversation
//!  ───────────────────────┬──────────────────────────────────────────────────────────
//!  transport author     StreamIo   Connection   Listener   Transport     (traits)
//! ```
//!
//! * A [`Transport`] dials and listens. It authenticates: every [`Connection`] that it hands out has a peer id
//!   that was proven.
//! * A [`Connection`] opens and accepts streams. Inbound streams are queued for
//!   [`accept`](Connection::accept) or, faster, given to an [`Acceptor`], whose future the transport polls
//!   within the turn in which the stream's bytes arrived.
//! * A [`Stream`] is what protocols read and write. It adds to the transport's [`StreamIo`] what is the same
//!   everywhere: who is at the other end, protocol negotiation ([`negotiate`]), tokio's and futures' I/O
//!   traits, splitting.
//!
//! # Ends of a stream
//!
//! | call | the peer sees |
//! |---|---|
//! | [`Stream::finish`] (`shutdown` of the I/O traits) | everything written, then the end |
//! | [`Stream::reset`] with a code | a reset with that code, perhaps before data that was in flight |
//! | dropping a stream that was not finished | a reset with [`StreamCode::NO_ERROR`]: never an end |
//! | [`Stream::stop`] with a code | its writes fail with that code |
//!
//! `finish` returns when the end is queued; [`Stream::finished`] when the peer's transport has acknowledged
//! it, and with it every byte before.
//!
//! # Writing a transport
//!
//! Implement [`Transport`], [`Listener`], [`Connection`] and [`StreamIo`]; the module [`memory`] does it in a
//! few hundred lines and is meant to be read. Hand it to `HostBuilder::transport`, or to a swarm. Rules beyond
//! the signatures:
//!
//! * **Dialing.** A connection is handed out when its peer is proven and it can carry streams. A dial for one
//!   peer that another answers fails with [`CloseReason::WrongPeer`]. Dropping the future gives the attempt up
//!   and leaves no socket, task or entry behind.
//! * **Listening.** [`Gate::allows`] is asked first, then [`Gate::admit`], both before anything costs much. The
//!   permit is kept through the handshake, handed out with the connection, and dropped when the handshake
//!   fails; the failure is told as an [`InboundFailure`], and the listener goes on. A listener that is dropped
//!   accepts no more and closes what nobody has accepted; connections that were accepted go on.
//! * **Streams.** The peer learns of a stream with the first bytes, end or reset on it. Unread bytes are bounded
//!   by a window, streams by a limit that comes back when both sides are done. What arrived before a
//!   connection ended can still be read; then, as for every other wait, comes the same [`CloseReason`].
//! * **Acceptors.** Streams that wait when an [`Acceptor`] is set are given to it too. Its futures are polled in
//!   the transport's turn where there is one (`sinew-driver` has the rules ready), or spawned. A panic in one
//!   resets its stream and harms nothing else.
//! * **Events.** `Confirmed` once, when the other end is known to accept our identity, which may be at once;
//!   `Closed` once and last, whoever ended the connection.
//! * **Cancelling.** All methods are cancel-safe; a stream that was opened but not delivered is reset.
//! * **Locks.** Tasks are woken, and acceptors called, with no lock held.
//! * **Time and tasks** come from a `sinew_runtime::Runtime`, never from the system, so that the transport runs
//!   in simulations too.
//!
//! # Limits and non-goals
//!
//! Streams are bidirectional; a transport's datagrams and one-way streams are not part of the port. Errors of
//! transports that others write travel as [`Cause`]. Their addresses are of the kinds that
//! [`sinew_multiaddr::Address`] knows: a new kind of address has to be added there.
//!
//! # Specs
//!
//! [libp2p error codes](https://github.com/libp2p/specs/tree/master/error-codes),
//! [multistream-select](https://github.com/multiformats/multistream-select).
#![forbid(unsafe_code)]

mod acceptor;
mod cause;
mod close_reason;
mod code;
mod connection;
mod dial_error;
mod gate;
mod listener;
pub mod memory;
pub mod negotiate;
mod security;
mod stream;
mod stream_error;
mod stream_io;
mod transport;

pub use acceptor::Acceptor;
pub use cause::Cause;
pub use close_reason::CloseReason;
pub use code::{ConnectionCode, StreamCode};
pub use connection::{Connection, ConnectionEvent, ConnectionId, ConnectionStats, Role};
pub use dial_error::{DialError, ListenError, Phase};
pub use gate::{Admission, Attempt, Gate, OpenGate, Permit};
pub use listener::{InboundFailure, Listener};
pub use security::{MuxerChoice, Security};
pub use sinew_multistream_proto::Protocol;
pub use sinew_sans_io::{BufferBudget, BufferRefusal};
pub use stream::{Direction, ReadHalf, Stream, StreamInfo, WriteHalf};
pub use stream_error::{CopyError, ReadError, ReadExactError, ReadToEndError, WriteError};
pub use stream_io::StreamIo;
pub use transport::{Dial, PortUse, Transport};
