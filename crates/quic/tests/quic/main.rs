//! The QUIC transport over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking too"
)]

/// What is held is counted.
#[global_allocator]
static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;

mod abuse;
mod close;
mod fixture;
mod impostor;
mod moves;
mod open;
mod transfer;
