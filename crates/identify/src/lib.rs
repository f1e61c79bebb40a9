//! The libp2p identify and identify-push protocols.
