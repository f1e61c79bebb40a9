//! What a handshake and the records behind it do, seen from outside.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod agree;
mod contract;
mod damage;
mod foreign;
mod interop;
mod muxers;
mod pair;
mod payloads;
mod records;
mod wire;
