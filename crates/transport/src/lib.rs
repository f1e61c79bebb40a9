//! The port that transports fill and protocols are written against.
