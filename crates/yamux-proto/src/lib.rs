//! Many streams over one ordered connection, without I/O: [yamux], `/yamux/1.0.0` in libp2p.
//!
//! Layer 2, pure. Below it is the contract ([`sinew_sans_io`]); above it are the stacks that run over TCP,
//! which hand it what their security layer has opened and seal what it has to say.
//!
//! # The mental model
//!
//! A [`Connection`] is one side. Bytes and time go in, bytes, deadlines and events come out, and streams are
//! commands on it: [`open_stream`](Connection::open_stream), [`write`](Connection::write),
//! [`read`](Connection::read), [`finish`](Connection::finish), [`abandon`](Connection::abandon). Names and
//! meaning are those of `sinew-quic-proto`, so that what is built on one runs on the other.
//!
//! ```
//! use std::{sync::Arc, time::Instant};
//!
//! use bytes::{Bytes, BytesMut};
//! use sinew_sans_io::{Role, StreamMachine};
//! use sinew_yamux_proto::{Config, Connection};
//! # fn run(now: Instant) -> Result<(), Box<dyn std::error::Error>> {
//!
//! let config = Arc::new(Config::default());
//! let mut dialer = Connection::new(now, Role::Dialer, Arc::clone(&config))?;
//! let mut listener = Connection::new(now, Role::Listener, config)?;
//!
//! let stream = dialer.open_stream()?;
//! dialer.write(stream, &mut Bytes::from_static(b"hello"))?;
//! dialer.finish(stream)?;
//!
//! let mut wire = Vec::new();
//! while dialer.poll_transmit(now, &mut wire).is_some() {}
//! listener.handle_input(now, &mut BytesMut::from(&wire[..]))?;
//!
//! let stream = listener.accept_stream().ok_or("none")?;
//! assert_eq!(listener.read(stream, 1024)?, Some(Bytes::from_static(b"hello")));
//! assert_eq!(listener.read(stream, 1024)?, None);
//! # Ok(())
//! # }
//! # run(Instant::now()).unwrap();
//! ```
//!
//! * **In**, payload is split off the input and handed on as it comes, whole frame or not; pieces under 2 KiB
//!   are copied, which is cheaper and keeps no large buffer alive. **Out**, payload is copied once, from what
//!   the application wrote into the caller's buffer, and many frames are gathered in one call, as many as
//!   fill the caller's record ([`poll_transmit_up_to`](Connection::poll_transmit_up_to)).
//! * **Room for writers comes back when output is taken.** So take bytes before events, as
//!   [`sinew_sans_io::drain`] does, or look at events once more: that is the one place where a poll makes
//!   output of another kind.
//! * **Credit** goes back when the application reads, half a window at a time. A window that holds the peer
//!   back doubles, by the round-trip time and the reader's pace, within [`Config::max_stream_window`] and a
//!   budget that all streams share. What was granted is never withdrawn.
//! * **Pings** measure the round-trip time, break silence, and prove that an end has arrived: yamux
//!   acknowledges no data, but the answer to a ping comes after all that was sent before it.
//!   [`Event::Finished`] is as good as over QUIC.
//!
//! # How a stream ends
//!
//! | what | on the wire | the peer sees |
//! |---|---|---|
//! | `finish` | FIN | the end, after all data |
//! | `reset(code)` | RST with the code | reads and writes fail with the code |
//! | `stop(code)` | nothing at first | no more credit; a reset when it goes on after our end has arrived |
//! | `abandon(code)`, unfinished | RST with the code | as `reset` |
//! | `abandon(code)`, finished | nothing at first | as `stop`; a reset when it stands still for too long |
//!
//! Yamux has no way to refuse one half of a stream: RST ends both, and some implementations then drop what
//! they have not read. So a half that nobody reads is dropped in silence while the peer has credit, and the
//! reset goes where credit would go: the peer that goes on sending learns of it, the peer that had sent its
//! last words meets a clean end, and an answer is never lost to a reset that overtook its reader.
//!
//! The code of a reset is the length of a window update, as go-libp2p does and libp2p's error codes have it.
//! Others ignore it, and send 0.
//!
//! # What a peer can do
//!
//! It can break a rule: each has its [`Violation`], which names the stream, and the go-away code 1 is the
//! last thing that it hears. It can be wasteful, within [`Config`]: unread data is bounded by the windows
//! ([`Config::max_receive_bytes`]), streams by their number (one too many is reset, and the connection goes
//! on), answers that it does not read by leaving its input unused. Nothing that it sends is worth more work
//! or memory than its length. Frames for streams that are over are dropped, up to what was granted; a reset
//! or an end of a stream that never was is ignored, because implementations send them.
//!
//! # Limits and non-goals
//!
//! No buffer is filled beyond the peer's credit: what is taken can be sent. Priorities are strict, so that an
//! urgent stream never waits, and starve what is below them. A go-away does not end in an orderly drain:
//! go- and rust-libp2p drop all streams when they hear one, so [`Connection::close`] is an end.
//!
//! # Specs
//!
//! [libp2p/specs yamux][yamux], which has [hashicorp's](https://github.com/hashicorp/yamux/blob/master/spec.md)
//! text and the acknowledgement backlog.
//!
//! [yamux]: https://github.com/libp2p/specs/blob/master/yamux/README.md
#![forbid(unsafe_code)]

mod chunks;
mod close_reason;
mod config;
mod connection;
mod error;
mod event;
mod frame;
mod memory;
mod stats;
mod stream_error;
mod stream_id;

pub use close_reason::CloseReason;
pub use config::{Config, ConfigError};
pub use connection::{Connection, MIN_TRANSMIT};
pub use error::{Error, Violation};
pub use event::Event;
pub use stats::{Stats, StreamStats};
pub use stream_error::{OpenError, ReadError, ReadState, StreamError, WriteError};
pub use stream_id::StreamId;

pub(crate) use frame::Frame;
