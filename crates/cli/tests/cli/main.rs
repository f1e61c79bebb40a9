//! The program from outside: what it prints, where, and how it exits.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests too"
)]

mod certificates;
mod conversation;
mod failures;
mod impostor;
mod keys;
mod perf;
mod program;
mod resume;
mod transports;
mod usage;
