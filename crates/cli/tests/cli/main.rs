//! The program from outside: what it prints, where, and how it exits.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod certificates;
mod keys;
mod program;
mod usage;
