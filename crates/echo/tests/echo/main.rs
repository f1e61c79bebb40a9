//! What goes there and comes back, over streams in memory and in virtual time.

mod abuse;
mod pair;
mod returns;
