//! Agrees on one protocol per stream, without I/O: [multistream-select 1.0.0].
//!
//! Layer 2. Below it is the contract ([`sinew_sans_io`]); above it are the transports, which
//! run one [`Negotiation`] at the start of each stream (and, on TCP, of each connection).
//!
//! # The mental model
//!
//! Both sides send a header. The dialer then offers one name after another, the listener repeats the
//! first that it knows and answers `na` to the others. The bytes behind the last message belong to
//! the protocol that was agreed on: a [`Negotiation`] never touches them.
//!
//! ```text
//! dialer    /multistream/1.0.0  /echo/2.0.0                     /echo/1.0.0            payload…
//! listener                                   /multistream/1.0.0  na       /echo/1.0.0  payload…
//! ```
//!
//! A dialer that offers exactly one protocol is *optimistic*, unless [`Config`] forbids it: it knows
//! at once what will be spoken if anything is, so payload may follow its offer in the same flight. The
//! answer is still checked when it arrives. This saves one round trip for each stream. One that offers
//! several is optimistic about the last, when all others were turned down.
//!
//! ```
//! use sinew_multistream_proto::{Config, Event, Negotiation, Protocol};
//! use sinew_sans_io::{Machine, StreamMachine};
//! # fn run(now: std::time::Instant) -> Result<(), Box<dyn std::error::Error>> {
//!
//! const ECHO: Protocol = Protocol::from_static("/echo/1.0.0");
//!
//! let mut dialer = Negotiation::dial([ECHO], Config::default())?;
//! let mut listener = Negotiation::listen([ECHO], Config::default());
//! let (mut there, mut back) = (Vec::new(), Vec::new());
//!
//! let _ = dialer.poll_transmit(now, &mut there);
//! there.extend_from_slice(b"payload");
//! let used = listener.read(&there)?;
//! assert_eq!(&there[used..], b"payload");
//! assert_eq!(listener.poll_event(), Some(Event::Selected(ECHO)));
//!
//! let _ = listener.poll_transmit(now, &mut back);
//! dialer.read(&back)?;
//! assert_eq!(dialer.poll_event(), Some(Event::Confirmed(ECHO)));
//! # Ok(())
//! # }
//! # run(std::time::Instant::now()).unwrap();
//! ```
//!
//! # Limits and non-goals
//!
//! A message has at most [`MAX_MESSAGE_LEN`] bytes; offers and bytes are bounded by [`Config`]. A
//! negotiation has no timer: how long a stream may take to say what it wants is one limit for
//! the whole set-up of a stream, and its owner's. `ls` is answered with `na`, as the large
//! implementations do. Simultaneous open is not spoken. Nothing is allocated between the first and the
//! last message of either side.
//!
//! A listener cannot tell the payload of an optimistic dialer that it refused from that dialer's next
//! offer ([Known Limitations]); where this matters, a dialer asks identify first or is not optimistic.
//!
//! [Known Limitations]: https://github.com/libp2p/specs/blob/master/connections/optimistic-multistream.md#known-limitations
//! [multistream-select 1.0.0]: https://github.com/libp2p/specs/blob/master/connections/README.md#multistream-select
#![forbid(unsafe_code)]

mod config;
mod error;
mod message;
mod negotiation;
mod outbox;
mod protocol;
mod protocols;

pub use config::Config;
pub use error::{Error, Misuse, Violation};
pub use message::MAX_MESSAGE_LEN;
pub use negotiation::{Event, Negotiation};
pub use protocol::{InvalidProtocol, Protocol};
pub use protocols::Protocols;
