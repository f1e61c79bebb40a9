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
mod net;
mod stranger;

mod abuse;
mod attacks;
mod close;
mod contract;
mod datagrams;
mod life;
mod open;
mod random;
mod stats;
mod streams;
