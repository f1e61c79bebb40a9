//! The checks that every protocol state machine passes.
