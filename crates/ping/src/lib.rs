//! The libp2p ping protocol.
