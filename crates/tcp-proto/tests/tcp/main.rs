//! TCP connections from their first byte to their last, in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod agree;
mod close;
mod contract;
mod damage;
mod flights;
mod foreign;
mod foreign_tls;
mod pair;
mod random;
mod refuse;
mod stall;
mod streams;
mod transcript;
