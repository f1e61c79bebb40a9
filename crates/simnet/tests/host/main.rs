//! The facade's `Host`, unchanged, in virtual time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;
mod hoards;
mod idle;
mod moves;
mod names;
mod perf;
mod races;
mod reach;
mod round_trips;
mod small_writes;
mod stream_limits;
