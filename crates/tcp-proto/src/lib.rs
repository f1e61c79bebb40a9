//! Everything that happens on one libp2p TCP connection, without I/O.
//!
//! An ordered byte stream goes in, and out come streams with a peer that has proven who it is: the
//! negotiation of a security protocol, Noise or TLS 1.3, the choice of a muxer inside the handshake or
//! after it, and Yamux. One machine does all of it, for TCP and for whatever else carries bytes in order.
//!
//! # Where it sits
//!
//! Layer 3, pure. Below it are `multistream-proto`, `noise-proto`, `tls` and `yamux-proto`, each of which
//! knows nothing of the others; above it the `tcp` driver, which owns sockets.
//!
//! # The mental model
//!
//! An [`Endpoint`] is what all connections of a host share and never changes. A [`Connection`] goes through
//! [`Phase`]s, and every [`Error`] says in which one it happened:
//!
//! ```text
//! Negotiation       /multistream/1.0.0, /tls/1.0.0 or /noise             in the clear
//! Handshake         certificates or payloads: who is who, which muxer
//! MuxerNegotiation  /multistream/1.0.0, /yamux/1.0.0                     unless the handshake chose
//! Open              streams, pings, a go-away                            in records
//! ```
//!
//! After any input, drain it: `poll_transmit` and `poll_event` until `None`, then look at `poll_timeout`.
//! If [`Connection::is_input_blocked`] says so, present what was left of the input again after that.
//!
//! ```
//! use std::{sync::Arc, time::{Duration, Instant, SystemTime, UNIX_EPOCH}};
//!
//! use bytes::BytesMut;
//! use sinew_identity::Keypair;
//! use sinew_sans_io::StreamMachine as _;
//! use sinew_tcp_proto::{Config, Connection, Dial, Endpoint, Parameters};
//! use sinew_tls::{Certificate, TimeProvider, UnixTime, default_provider};
//!
//! # #[derive(Debug)]
//! # struct Wall;
//! # impl TimeProvider for Wall {
//! #     fn current_time(&self) -> Option<UnixTime> { Some(UnixTime::since_unix_epoch(WALL)) }
//! # }
//! # const WALL: Duration = Duration::from_secs(1_750_000_000);
//! /// Carries all that `from` has to say.
//! fn carry(from: &mut Connection, to: &mut Connection, now: Instant) {
//!     let mut said = Vec::new();
//!     while from.poll_transmit(now, &mut said).is_some() {}
//!     to.handle_input(now, &mut BytesMut::from(&said[..])).unwrap();
//! }
//!
//! # fn run(now: Instant, wall: SystemTime) -> Result<(), Box<dyn std::error::Error>> {
//! // Made once for a host, used for all its connections.
//! let host = |secret: [u8; 32]| -> Result<Arc<Endpoint>, Box<dyn std::error::Error>> {
//!     let keypair = Keypair::ed25519_from_secret(secret);
//!     Ok(Endpoint::new(Parameters {
//!         keypair: &keypair,
//!         certificate: &Certificate::generate(&keypair, &mut rand::rng(), wall)?,
//!         config: Config::default(),
//!         provider: default_provider(),
//!         time: Arc::new(Wall),
//!         seed: rand::random(),
//!     })?)
//! };
//! let (alice, bob) = (host([1; 32])?, host([2; 32])?);
//! let dial = Dial { expected: Some(bob.peer_id()), security: None };
//! let mut dialer = alice.dial(now, dial, rand::random());
//! let mut listener = bob.accept(now, rand::random());
//!
//! for _ in 0..2 {
//!     carry(&mut dialer, &mut listener, now);
//!     carry(&mut listener, &mut dialer, now);
//! }
//! let stream = dialer.open_stream()?;
//! dialer.write_slice(stream, b"hello")?;
//! carry(&mut dialer, &mut listener, now);
//!
//! assert_eq!(listener.peer().map(|peer| peer.peer_id), Some(alice.peer_id()));
//! assert_eq!(listener.accept_stream(), Some(stream));
//! assert_eq!(listener.read(stream, 100)?.as_deref(), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! # run(Instant::now(), UNIX_EPOCH + WALL).unwrap();
//! ```
//!
//! # Round trips
//!
//! A dialer never waits where it need not: its request travels with its last handshake message, whatever
//! is negotiated in front of it. From its first byte to the first byte of an answer it takes
//!
//! | offered | round trips |
//! |---|---|
//! | one security protocol | 2 |
//! | several, the first is taken | 3 |
//! | several, the second is taken | 4 |
//!
//! and the choice of the muxer costs none, in the handshake or not. An owner that knows what the peer
//! speaks says so in [`Dial::security`].
//!
//! # Streams
//!
//! Those of `yamux-proto`, under the names that `quic-proto` uses. Who opened or accepted one calls
//! [`Connection::abandon`] once when done with it, in whatever state it is.
//!
//! # What it costs
//!
//! Records are sealed where the frames were gathered and opened where the bytes arrived: payload is copied
//! once on its way out, from the writer's `Bytes` into the caller's buffer, and not at all on its way in.
//! After a TLS handshake, rustls hands its keys over, and works no more but to make the next ones.
//!
//! # Limits and non-goals
//!
//! Yamux is the only muxer. No TLS session tickets (rustls skips the certificate check when it resumes),
//! no early data, no simultaneous open. One deadline for all of the set-up,
//! [`Config::handshake_timeout`]; what a stranger can make a connection hold in that time is one handshake
//! message, 64 KiB of TLS handshake at most.
//!
//! # Specs
//!
//! [Connections], [muxer selection], [Noise], [TLS], [Yamux], RFC 8446.
//!
//! [Connections]: https://github.com/libp2p/specs/blob/master/connections/README.md
//! [muxer selection]: https://github.com/libp2p/specs/blob/master/connections/inlined-muxer-negotiation.md
//! [Noise]: https://github.com/libp2p/specs/blob/master/noise/README.md
//! [TLS]: https://github.com/libp2p/specs/blob/master/tls/tls.md
//! [Yamux]: https://github.com/libp2p/specs/blob/master/yamux/README.md
#![forbid(unsafe_code)]

mod channel;
mod close_reason;
mod config;
mod connection;
mod endpoint;
mod error;
mod event;
mod handshake;
mod security;
mod session;
mod stats;
mod tls;

pub use close_reason::CloseReason;
pub use config::{Config, ConfigError};
pub use connection::Connection;
pub use endpoint::{Dial, Endpoint, Parameters};
pub use error::{Error, Fault, Phase, Violation};
pub use event::Event;
pub use security::{MuxerChoice, Security};
pub use sinew_yamux_proto::{
    Config as YamuxConfig, ConfigError as YamuxConfigError, OpenError, ReadError, ReadState,
    StreamError, StreamId, StreamStats, WriteError,
};
pub use stats::Stats;
pub use tls::RecordViolation;
