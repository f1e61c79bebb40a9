//! What the two sides do, over streams in memory and in virtual time.

mod abuse;
mod bounds;
mod measures;
mod pair;
mod serves;
