//! TCP connections from their first byte to their last, in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod agree;
mod pair;
