//! QUIC hosts in virtual time: the same seed, the same run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod same_seed;
