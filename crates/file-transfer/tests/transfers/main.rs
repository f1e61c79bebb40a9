//! Files between two hosts, over the in-memory transport.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod abuse;
mod fixture;
mod refusals;
mod resume;
mod whole;
mod wire;
