//! What a negotiation does, seen from outside.

mod abuse;
mod agree;
mod contract;
mod random;
mod wire;
