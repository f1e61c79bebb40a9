//! The libp2p ping protocol, both sides: is the peer there, and how far away?
//!
//! Layer 4: it knows streams ([`sinew_transport`]) and a clock ([`sinew_runtime`]), and neither the swarm nor
//! any transport.
//!
//! # The mental model
//!
//! The dialer opens one stream for [`PROTOCOL`] and sends 32 random bytes for each ping; the listener sends
//! them back, for as long as the stream is open. A [`Pinger`] owns such a stream and has one ping on its way
//! at a time; a [`Responder`] serves the streams of all peers.
//!
//! ```
//! use std::time::Duration;
//!
//! use rand_core::Rng;
//! use sinew_ping::{Config, PingError, Pinger};
//! use sinew_runtime::Runtime;
//! use sinew_transport::Stream;
//!
//! /// Pings five times over one stream, and returns the shortest round trip.
//! async fn distance(
//!     stream: Stream,
//!     rng: impl Rng,
//!     runtime: Runtime,
//! ) -> Result<Option<Duration>, PingError> {
//!     let mut pinger = Pinger::new(stream, rng, runtime, Config::default());
//!     let mut shortest = None;
//!     for _ in 0..5 {
//!         let round_trip = pinger.ping().await?;
//!         shortest = Some(shortest.map_or(round_trip, |other| round_trip.min(other)));
//!     }
//!     pinger.close().await;
//!     Ok(shortest)
//! }
//! ```
//!
//! # Limits and non-goals
//!
//! Who pings when, and what a silent peer means, is for the caller to decide. The limit on a peer's streams
//! is the responder's; how often a peer may ping is left to the transport's flow control, because answering
//! costs no more than asking. An idle stream is not a fault: peers keep one open between pings.
//!
//! # Specs
//!
//! [ping](https://github.com/libp2p/specs/blob/master/ping/ping.md)
#![forbid(unsafe_code)]

mod config;
mod pinger;
mod responder;

use sinew_transport::Protocol;

pub use config::Config;
pub use pinger::{PingError, Pinger};
pub use responder::{Responder, ServeError};

/// The name under which peers know the protocol.
pub const PROTOCOL: Protocol = Protocol::from_static("/ipfs/ping/1.0.0");

/// How many random bytes a ping has.
pub const PAYLOAD_LEN: usize = 32;
