//! Certificates that keep the rules, and one for each way to break them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not as expected has to fail the test"
)]

mod check;
mod forge;
mod generate;
mod rules;
mod vectors;
