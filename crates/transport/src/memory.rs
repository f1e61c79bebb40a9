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
//! Streams have a window of [`WINDOW_BYTES`], connections [`MAX_STREAMS`] streams a side. Identities are taken
//! on trust: both ends are in one process.

mod connection;
mod network;
mod pipe;
mod stream;

pub use network::{MemoryNetwork, MemoryTransport};

/// Bytes that a stream holds for a reader that is slow.
pub const WINDOW_BYTES: usize = 256 << 10;

/// Streams that each side may have open at once.
pub const MAX_STREAMS: usize = 256;

#[cfg(test)]
mod tests;
