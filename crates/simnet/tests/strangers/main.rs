//! Strangers with a socket and no good manners, on either end of a connection.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

/// What is held is counted.
#[global_allocator]
static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;

#[path = "../../../quic-proto/tests/quic/initial.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod initial;

#[path = "../../../quic-proto/tests/quic/frames.rs"]
mod frames;
#[path = "../../../quic-proto/tests/quic/leaky.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod leaky;

#[path = "../../../yamux-proto/tests/yamux/frames.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod yamux_frames;

mod crowds;
mod dialed;
mod dialing;
mod initials;
mod insider;
mod lines;
mod siege;
mod spoof;
mod trickle;
mod tunnel;
mod yamux;
