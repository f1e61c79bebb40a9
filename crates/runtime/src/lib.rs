//! The ports through which drivers and the swarm see the world: clocks, timers, tasks, sockets, names.
//!
//! Nothing above this crate reads a clock, sleeps, spawns a task or opens a socket by itself; it asks a
//! [`Runtime`]. tokio's implementation stands behind the default feature `tokio`; a virtual one, for
//! simulations in virtual time, is a sibling of it and needs no change above.
//!
//! # Where it sits
//!
//! Layer 1. `udp` fills [`UdpNetwork`] with the operating system's sockets and `dns` fills [`Resolver`];
//! `driver`, `quic` and `swarm` are written against the traits here.
//!
//! # The mental model
//!
//! A [`Runtime`] is two handles, a [`Clock`] and a [`Spawner`]. Networks ([`UdpNetwork`], [`TcpNetwork`])
//! are given to the transports that need them, so that a host without TCP carries none.
//!
//! ```
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use std::time::Duration;
//!
//! let runtime = sinew_runtime::Runtime::tokio();
//! let answer = runtime.timeout(Duration::from_secs(5), async { 42 }).await;
//! assert_eq!(answer, Ok(42));
//! # }
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! ```
//!
//! # Limits and non-goals
//!
//! Not a general runtime abstraction: it has what a transport stack needs and nothing for files or processes.
#![forbid(unsafe_code)]

mod clock;
mod resolver;
mod runtime;
mod spawner;
mod tcp;
#[cfg(feature = "tokio")]
mod tokio;
mod udp;
mod watched;

pub use clock::{Clock, Timer};
pub use resolver::{IpFamily, Lookup, LookupError, Resolver};
pub use runtime::{Elapsed, Runtime, Sleep};
pub use spawner::{Spawner, Task};
pub use tcp::{TcpListener, TcpNetwork, TcpOptions, TcpStream};
#[cfg(feature = "tokio")]
pub use tokio::{TokioClock, TokioSpawner, TokioTcp};
pub use udp::{BufferSizes, Ecn, ReceivedMeta, UdpNetwork, UdpOptions, UdpSocket, UdpTransmit};
pub use watched::Watched;
