//! A transport between hosts of one process: a test fixture, and the example to follow for other transports.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use sinew_identity::Keypair;
//! use sinew_runtime::Runtime;
//! use sinew_transport::{Connection, Dial, Listener, OpenGate, Transport, memory::MemoryNetwork};
//!
//! let network = MemoryNetwork::new(Runtime::tokio());
//! let (alice, bob) = (Keypair::generate_ed25519().peer_id(), Keypair::generate_ed25519().peer_id());
//!
//! let mut listener = network.transport(bob).listen("/memory/7".parse()?, Arc::new(OpenGate)).await?;
//! let dialer = network.transport(alice).dial(Dial::new(listener.address())).await?;
//! assert_eq!(dialer.peer(), bob);
//! # Ok(())
//! # }
//! ```
//!
//! A protocol is tested with two ends of one stream, which a [`MemoryPair`] makes without a network:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sinew_identity::Keypair;
//! use sinew_runtime::Runtime;
//! use sinew_transport::{Protocol, memory::MemoryPair};
//!
//! const UPPER: Protocol = Protocol::from_static("/upper/1.0.0");
//!
//! let [alice, bob] = [1, 2].map(|secret| Keypair::ed25519_from_secret([secret; 32]).peer_id());
//! let (mut ours, mut theirs) = MemoryPair::new(&Runtime::tokio(), alice, bob).stream(UPPER).await?;
//!
//! ours.write_all(b"hello").await?;
//! ours.finish()?;
//! assert_eq!(theirs.read_to_end(64).await?, b"hello");
//! assert_eq!((ours.peer(), theirs.peer()), (bob, alice));
//! # Ok(())
//! # }
//! ```
//!
//! Streams have a window of [`WINDOW_BYTES`], connections [`MAX_STREAMS`] streams a side. Identities are taken
//! on trust: both ends are in one process.

mod connection;
mod network;
mod pair;
mod pipe;
mod stream;

pub use network::{MemoryNetwork, MemoryTransport};
pub use pair::MemoryPair;

/// Bytes that a stream holds for a reader that is slow.
pub const WINDOW_BYTES: usize = 256 << 10;

/// Streams that each side may have open at once.
pub const MAX_STREAMS: usize = 256;

#[cfg(test)]
mod tests;
