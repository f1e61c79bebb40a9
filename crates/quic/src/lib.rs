//! The QUIC transport.
