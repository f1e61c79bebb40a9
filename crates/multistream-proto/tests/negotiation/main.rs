//! What a negotiation does, seen from outside.

mod abuse;
mod agree;
mod wire;
