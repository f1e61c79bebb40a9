//! What the two sides do, over streams in memory and in virtual time.

mod abuse;
mod answers;
mod pair;
