//! A libp2p host in ten lines.
