//! The libp2p TLS certificate, and the rustls configurations that check it.
