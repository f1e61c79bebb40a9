//! Agrees on one protocol per stream, without I/O.
