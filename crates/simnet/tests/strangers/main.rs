//! Strangers with a TCP socket and no good manners, on either end of a connection.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod crowds;
mod dialed;
mod dialing;
mod initials;
mod lines;
