//! Noise for libp2p, without I/O: `Noise_XX_25519_ChaChaPoly_SHA256`, the protocol `/noise`.
//!
//! Layer 2. Below it are keys and peer ids ([`sinew_identity`]) and the contract
//! ([`sinew_sans_io`]); above it is whoever owns a byte stream that others can read: TCP first.
//!
//! # The mental model
//!
//! Two phases. A [`Handshake`] is a machine that exchanges three messages and ends with the knowledge
//! of who is there. It is then turned into a [`Transport`]: a [`Sealer`] and an [`Opener`], which are
//! no machines but functions with a counter, and work inside the caller's buffers.
//!
//! ```text
//! dialer    e                                  s, se, payload   record record …
//! listener     e, ee, s, es, payload                            record …
//!              └ static key, host key, the host key's signature over the static key, muxers
//! ```
//!
//! The payload binds the connection to the host key, whose hash is the peer's name. A dialer that
//! expects somebody fails when somebody else answers, before it says who it is itself. The bytes behind
//! the last message are records: a handshake never touches them.
//!
//! Both payloads list the stream muxers that their sender speaks, so that the two sides agree on one
//! without a round trip of negotiation; `None` means that they have to negotiate, because the peer does
//! not know this extension or has no muxer in common with us.
//!
//! ```
//! use std::sync::Arc;
//!
//! use bytes::BytesMut;
//! use sinew_identity::{KeyType, Keypair};
//! use sinew_noise_proto::{Config, Event, Handshake, Sealer};
//! use sinew_sans_io::{Machine, StreamMachine};
//! # fn run(now: std::time::Instant) -> Result<(), Box<dyn std::error::Error>> {
//! // Made once for a host, used for all its connections.
//! let host = |keypair: &Keypair| -> Result<_, Box<dyn std::error::Error>> {
//!     let config = Config::new(keypair, &mut rand::rng())?;
//!     Ok(Arc::new(config.with_muxers(["/yamux/1.0.0"])?))
//! };
//! let alice = Keypair::generate(KeyType::Ed25519, &mut rand::rng())?;
//! let bob = Keypair::generate(KeyType::Ed25519, &mut rand::rng())?;
//! let mut dialer = Handshake::dial(host(&alice)?, Some(bob.peer_id()), &mut rand::rng());
//! let mut listener = Handshake::listen(host(&bob)?, &mut rand::rng());
//!
//! let (mut there, mut back) = (Vec::new(), Vec::new());
//! for _ in 0..2 {
//!     let _ = dialer.poll_transmit(now, &mut there);
//!     listener.handle_input(now, &mut BytesMut::from(&std::mem::take(&mut there)[..]))?;
//!     let _ = listener.poll_transmit(now, &mut back);
//!     dialer.handle_input(now, &mut BytesMut::from(&std::mem::take(&mut back)[..]))?;
//! }
//! let Some(Event::Authenticated { peer_id, muxer, .. }) = listener.poll_event() else {
//!     panic!("the handshake is not over");
//! };
//! assert_eq!((peer_id, muxer.as_deref()), (alice.peer_id(), Some("/yamux/1.0.0")));
//!
//! let mut ours = dialer.into_transport().ok_or("not over")?;
//! let mut theirs = listener.into_transport().ok_or("not over")?;
//! let mut record = Sealer::HEADER.to_vec();
//! record.extend_from_slice(b"hello");
//! ours.sealer.seal(&mut record, 0)?;
//! let opened = theirs.opener.open(&mut BytesMut::from(&record[..]))?;
//! assert_eq!(opened.as_deref(), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! # run(std::time::Instant::now()).unwrap();
//! ```
//!
//! # Limits and non-goals
//!
//! - A handshake message has at most [`MAX_HANDSHAKE_MESSAGE_LEN`] bytes, and is refused at its length
//!   when it has more or fewer than it can have; Noise would allow 65,535. A handshake that waits
//!   holds one such message and nothing else of the peer's.
//! - A handshake has no timer: how long the set-up of a connection may take is one limit for all its
//!   phases, and its owner's.
//! - Ephemeral keys follow from the generator that is given, and signatures are deterministic: the same
//!   seed gives the same bytes.
//! - Keys are wiped from memory when they are dropped, as far as they are ours. What snow keeps of the
//!   handshake's chain of secrets, and what ring leaves on the stack, is not.
//! - Certificate hashes of WebTransport are neither sent nor looked at. There is no rekeying: the
//!   connection ends before a counter wraps.
//!
//! # Specifications
//!
//! [Noise in libp2p], [muxer selection], [the Noise protocol framework].
//!
//! [Noise in libp2p]: https://github.com/libp2p/specs/blob/master/noise/README.md
//! [muxer selection]: https://github.com/libp2p/specs/blob/master/connections/inlined-muxer-negotiation.md
//! [the Noise protocol framework]: https://noiseprotocol.org/noise.html
#![forbid(unsafe_code)]

mod cipher;
mod config;
mod error;
mod handshake;
mod message;
mod muxers;
mod pattern;
mod payload;
mod record;
mod resolver;

pub use config::{Config, InvalidMuxers};
pub use error::{Error, OpenError, SealError, Violation};
pub use handshake::{Event, Handshake};
pub use message::{MAX_HANDSHAKE_MESSAGE_LEN, Message};
pub use record::{Opener, Sealer, Transport};
