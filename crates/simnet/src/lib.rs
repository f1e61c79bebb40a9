//! A virtual network in virtual time, and the suite that every transport passes.
//!
//! # Where it sits
//!
//! Layer 8, at the top of the house: tests know it, and nothing that is shipped does. It fills the ports of
//! `sinew-runtime`, so whatever is written against them runs here unchanged; the facade's `Host` does.
//!
//! # The mental model
//!
//! ```text
//!  World ── one thread, one clock, one log ──────────────────────────────────────────────┐
//!    Node alice                                                         Node bob         │
//!      runtime(): clock, timers, tasks                                                   │
//!      udp(), tcp(): sockets ─► uplink ─► link alice → bob ─► downlink ─► sockets        │
//!                                           Cuts drop packets                            │
//! ```
//!
//! * A [`World`] runs its tasks one at a time, in the order in which they were woken. When none can run, time
//!   moves to whatever is due next: a timer, a packet. An hour in which nothing happens takes no time.
//! * A [`Node`] is a machine: addresses, a wall clock, tasks and sockets that a crash takes away.
//! * Between each two nodes lies a [`Link`] in each direction; before and behind a node there may be one that
//!   all its traffic shares. A [`Cut`] drops packets until it is lifted.
//! * Everything random follows from the world's seed: the same program has the same
//!   [`digest`](World::digest), byte for byte and poll for poll.
//!
//! ```
//! use std::time::Duration;
//! use sinew_simnet::{Link, World};
//! use sinew_testkit::Seed;
//!
//! let world = World::new(Seed::new(7));
//! let (alice, bob) = (world.node("alice"), world.node("bob"));
//! world.set_link(&alice, &bob, Link::with_delay(Duration::from_millis(25)));
//!
//! world.block_on(async {
//!     let address = format!("/ip4/{}/udp/4001/quic-v1", bob.ipv4());
//!     let bob = bob.host().listen(address.parse().unwrap()).start().await.unwrap();
//!     bob.serve("/echo/1", |mut stream| async move { stream.copy_back().await });
//!
//!     let alice = alice.host().start().await.unwrap();
//!     let peer = alice.connect(bob.listen_addresses().remove(0)).await.unwrap();
//!     let mut stream = alice.open_stream(peer, "/echo/1").await.unwrap();
//!     stream.write_all(b"hello").await.unwrap();
//!     stream.finish().unwrap();
//!     assert_eq!(stream.read_to_end(64).await.unwrap(), b"hello");
//! });
//!
//! // One round trip to shake hands, one for the stream.
//! assert_eq!(world.elapsed(), Duration::from_millis(100));
//! ```
//!
//! # Limits and non-goals
//!
//! What is modelled and what is not stands in `docs/testing.md`. Computing takes no virtual time: a slow
//! program looks as fast as a quick one. Nothing here checks what a thread pool would do; `loom` does that.
#![forbid(unsafe_code)]

mod chance;
mod clock;
#[allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a check fails by panicking"
)]
pub mod conformance;
mod core;
mod cut;
mod executor;
mod host;
mod link;
mod log;
mod names;
mod node;
mod packet;
mod progress;
mod schedule;
mod shared;
mod spawner;
mod stuck;
mod tcp;
mod udp;
mod world;

pub use cut::{Cut, CutId};
pub use link::{Link, Loss};
pub use log::LogDigest;
pub use names::Records;
pub use node::{Crashed, Node, NodeId, Running};
pub use packet::Protocol;
pub use progress::{Progress, Step};
pub use stuck::Stuck;
pub use world::{Traffic, World};
