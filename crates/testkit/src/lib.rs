//! The checks that every protocol state machine passes.

mod epoch;

pub use epoch::epoch;
