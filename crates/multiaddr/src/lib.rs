//! Typed libp2p addresses and peer records.
