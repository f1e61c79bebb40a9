//! The program from outside: what it prints, where, and how it exits.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "helpers of tests, some for tests to come"
)]

mod certificates;
mod keys;
mod program;
mod usage;
