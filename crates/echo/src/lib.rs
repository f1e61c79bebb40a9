//! Echo: what arrives goes back.
//!
//! Layer 4: it knows streams ([`sinew_transport`]) and nothing else. It is the smallest useful protocol, and
//! the example to follow for another.
//!
//! # The mental model
//!
//! [`serve`] sends back what it reads, chunk by chunk, and ends its side when the peer ends its own.
//! [`echo`] writes and reads at the same time, so no size of data deadlocks, and compares every byte that
//! comes back with the one that it sent.
//!
//! ```
//! use sinew_echo::{EchoError, echo, pattern};
//! use sinew_transport::Stream;
//!
//! /// Sends 1 MiB there and back over a stream that was opened for `sinew_echo::PROTOCOL`.
//! async fn check(stream: Stream) -> Result<(), EchoError> {
//!     let returned = echo(stream, pattern(1 << 20)).await?;
//!     assert_eq!(returned, 1 << 20);
//!     Ok(())
//! }
//! ```
//!
//! # Limits and non-goals
//!
//! Neither side holds more than a chunk of payload on top of what the transport holds, or copies it. Neither has
//! a time limit: a peer may take as long as its connection lives, and who calls knows how long is too long.
//! There is no specification; the name and the behaviour are those of the field's example programs.
#![forbid(unsafe_code)]

mod client;
mod pattern;
mod server;

use sinew_transport::Protocol;

pub use client::{EchoError, echo};
pub use pattern::{Pattern, pattern};
pub use server::serve;

/// The name under which peers know the protocol.
pub const PROTOCOL: Protocol = Protocol::from_static("/echo/1.0.0");
