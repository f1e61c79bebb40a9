//! One function for each decoder: whatever the bytes are, it does not panic, and what it reads it can write.
//!
//! `fuzz_targets/` has a program for each of them, `seeds/` inputs to start from. The seeds are also run as
//! a plain test, so that a target which fails on good input is noticed without fuzzing.

mod address;
mod certificate;
mod file_transfer;
mod identify;
mod identity;
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it is shared with the attacks among the tests of quic-proto"
)]
#[path = "../../crates/quic-proto/tests/quic/leaky.rs"]
mod leaky;
mod multistream;
mod noise;
mod patience;
mod peer_parameters;
mod perf;
mod ping;
mod quic;
mod said;
mod targets;
mod tcp;
mod yamux;

pub use address::address;
pub use certificate::certificate;
pub use file_transfer::file_transfer;
pub use identify::identify;
pub use identity::{envelope, keypair, peer_id, public_key};
pub use multistream::{multistream, protocol};
pub use noise::noise;
pub use peer_parameters::peer_parameters;
pub use perf::perf;
pub use ping::ping;
pub use quic::quic;
pub use targets::{TARGETS, Target};
pub use tcp::tcp;
pub use yamux::yamux;

#[cfg(test)]
mod tests;
