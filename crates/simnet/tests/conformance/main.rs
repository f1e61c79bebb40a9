//! Every transport does everything in the same way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod complete;
mod memory;
mod quic;
mod tcp;
