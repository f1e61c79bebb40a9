//! The contract that every protocol state machine here keeps.
