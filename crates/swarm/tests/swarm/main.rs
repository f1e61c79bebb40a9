//! Hosts on an in-memory network, in the order of a host's life.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected has to fail the test"
)]

mod fixture;
mod lab;
mod zone;

mod black_holes;
mod dial;
mod events;
mod flood;
mod idle;
mod limits;
mod listen;
mod name_server;
mod names;
mod race;
mod refusals;
mod serve;
mod shutdown;
mod silence;
mod streams;
mod timeouts;
