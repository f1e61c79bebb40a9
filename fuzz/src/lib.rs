//! One function for each decoder: whatever the bytes are, it does not panic, and what it reads it can write.
//!
//! `fuzz_targets/` has a program for each of them, `seeds/` inputs to start from. The seeds are also run as
//! a plain test, so that a target which fails on good input is noticed without fuzzing.

mod address;
mod certificate;
mod identify;
mod identity;
mod multistream;
mod noise;
mod tcp;
mod yamux;

pub use address::address;
pub use certificate::certificate;
pub use identify::identify;
pub use identity::{envelope, keypair, peer_id, public_key};
pub use multistream::{multistream, protocol};
pub use noise::noise;
pub use tcp::tcp;
pub use yamux::yamux;

#[cfg(test)]
mod tests;
