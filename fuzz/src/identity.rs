//! Keys, peer ids and envelopes.

use std::str;

use sinew_identity::{Keypair, PeerId, PublicKey, SignedEnvelope};
use sinew_multiaddr::PeerRecord;

/// Reads `data` as a peer id in bytes and in text.
pub fn peer_id(data: &[u8]) {
    let from_text = str::from_utf8(data).ok().and_then(|text| text.parse().ok());
    for id in PeerId::from_bytes(data).into_iter().chain(from_text) {
        assert_eq!(PeerId::from_bytes(&id.to_bytes()), Ok(id));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_cid().parse(), Ok(id));
        if let Some(key) = id.as_public_key() {
            assert_eq!(key.to_peer_id(), id);
        }
    }
}

/// Reads `data` as a public key, and as a signature by it over itself.
pub fn public_key(data: &[u8]) {
    let Ok(key) = PublicKey::from_protobuf(data) else {
        return;
    };
    let encoded = key.to_protobuf();
    assert_eq!(PublicKey::from_protobuf(&encoded), Ok(key.clone()));
    let _ = key.to_peer_id();
    assert!(
        key.verify(b"message", data).is_err(),
        "a key is not a signature"
    );
}

/// Reads `data` as a private key.
pub fn keypair(data: &[u8]) {
    let Ok(keypair) = Keypair::from_protobuf(data) else {
        return;
    };
    let again = Keypair::from_protobuf(&keypair.to_protobuf()).expect("it was just written");
    assert_eq!(again.public(), keypair.public());
    if let Ok(signature) = keypair.sign(data) {
        assert!(again.public().verify(data, &signature).is_ok());
    }
}

/// Reads `data` as a signed envelope, and that as a peer record.
pub fn envelope(data: &[u8]) {
    let Ok(envelope) = SignedEnvelope::from_protobuf(data) else {
        return;
    };
    let encoded = envelope.to_protobuf();
    assert_eq!(
        SignedEnvelope::from_protobuf(&encoded),
        Ok(envelope.clone())
    );
    let _ = PeerRecord::open(&envelope);
}
