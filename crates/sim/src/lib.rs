//! Random worlds and measured scenarios in virtual time.
//!
//! # Where it sits
//!
//! Layer 9: it uses hosts as applications do, on the network of `sinew-simnet`. `cargo xtask sim` runs it; nothing
//! depends on it.
//!
//! # The mental model
//!
//! A *random world* ([`random`]) is drawn from a seed: hosts, links, what applications do, and what goes wrong.
//! While it runs, a *book* keeps what was promised to whom, and everything that is observed is compared with it.
//! When all is over, every host must have given back what it took. The same seed is the same world, byte for byte.
//!
//! A *scenario* ([`scenarios`]) is always the same, and measures something. What it said last is kept, so that a
//! change of a figure does not go by unseen.
//!
//! # Limits and non-goals
//!
//! What the network models stands at `sinew-simnet`. Computing takes no virtual time.
#![forbid(unsafe_code)]

pub mod random;
pub mod scenarios;
mod sentence;

pub use sentence::sentence;
