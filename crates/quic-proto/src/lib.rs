//! libp2p QUIC without I/O.
