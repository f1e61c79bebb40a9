//! The QUIC transport over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking too"
)]

mod abuse;
mod close;
mod fixture;
mod impostor;
mod moves;
mod open;
mod transfer;
