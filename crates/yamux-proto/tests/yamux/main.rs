//! What a connection does, seen from outside.
#![allow(
    clippy::disallowed_methods,
    reason = "an implementation that is not ours reads the clock, and ours has to follow it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected has to fail the test"
)]

mod abuse;
mod bytes_on_the_wire;
mod close;
mod contract;
mod foreign;
mod foreign_peer;
mod frames;
mod open;
mod order;
mod pair;
mod ping;
mod random;
mod transfer;
mod window;
mod wire;
