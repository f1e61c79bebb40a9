//! The TCP transport over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking too"
)]

mod abuse;
mod close;
mod fixture;
mod network;
mod open;
mod ports;
mod relay;
mod security;
mod silent;
mod transfer;
