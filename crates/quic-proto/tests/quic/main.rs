//! Two or more endpoints on a network that exists in virtual time alone.
#![allow(
    clippy::disallowed_methods,
    reason = "a test has to begin at some time and with some randomness"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected has to fail the test"
)]

mod attacker;
mod frames;
mod initial;
mod net;
mod stranger;

/// What is held is counted.
#[global_allocator]
static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;

mod abuse;
mod attacks;
mod close;
mod contract;
mod datagrams;
mod evil_listener;
mod gaps;
mod handshakes;
mod leaky;
mod life;
mod listener_parameters;
mod open;
mod parameters;
mod random;
mod stats;
mod streams;
