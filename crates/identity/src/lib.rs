//! Keys, peer ids and signed envelopes of libp2p.
