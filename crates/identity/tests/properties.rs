//! What holds for every input, whatever it is. The functions at the top take raw input, so that a
//! fuzz target is one call; the tests below feed them from seeds.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use rand::RngExt as _;
use rand::rngs::StdRng;
use sinew_identity::{Keypair, PeerId, PublicKey, SignedEnvelope};
use sinew_testkit::each_seed;

/// A public key that is read has one encoding, which reads back as itself and as the same peer.
pub fn public_key(input: &[u8]) {
    let Ok(key) = PublicKey::from_protobuf(input) else {
        return;
    };
    let encoded = key.to_protobuf();
    assert_eq!(PublicKey::from_protobuf(&encoded).as_ref(), Ok(&key));
    assert_eq!(PeerId::from_public_key(&key), key.to_peer_id());
    assert!(key.verify(b"message", input).is_err());
}

/// A private key that is read has one encoding, which reads back as itself.
pub fn keypair(input: &[u8]) {
    let Ok(key) = Keypair::from_protobuf(input) else {
        return;
    };
    let read = Keypair::from_protobuf(&key.to_protobuf()).unwrap();
    assert_eq!(read.to_protobuf(), key.to_protobuf());
    assert_eq!(read.peer_id(), key.peer_id());
}

/// A peer id that is read from bytes is those bytes, and has text forms that are the same peer.
pub fn peer_id_bytes(input: &[u8]) {
    let Ok(peer) = PeerId::from_bytes(input) else {
        return;
    };
    assert_eq!(peer.as_bytes(), input);
    assert_eq!(peer.to_string().parse(), Ok(peer));
    assert_eq!(peer.to_cid().parse(), Ok(peer));
    if let Some(key) = peer.as_public_key() {
        assert_eq!(key.to_peer_id(), peer);
    }
}

/// A peer id that is read from text has bytes that are the same peer.
pub fn peer_id_text(input: &str) {
    let Ok(peer) = input.parse::<PeerId>() else {
        return;
    };
    assert_eq!(PeerId::from_bytes(&peer.to_bytes()), Ok(peer));
}

/// An envelope that is read has one encoding, which reads back as itself.
pub fn envelope(input: &[u8]) {
    let Ok(envelope) = SignedEnvelope::from_protobuf(input) else {
        return;
    };
    let read = SignedEnvelope::from_protobuf(&envelope.to_protobuf());
    assert_eq!(read.as_ref(), Ok(&envelope));
    assert!(envelope.open("a domain nobody signs for", b"").is_err());
}

#[test]
fn random_bytes_break_nothing() {
    each_seed(500, |seed| {
        let mut rng = seed.rng();
        let len = rng.random_range(0..200);
        let input: Vec<u8> = (0..len).map(|_| rng.random()).collect();

        every_property(&input);
    });
}

#[test]
fn valid_encodings_with_a_few_changes_break_nothing() {
    let valid = valid_encodings();
    each_seed(500, |seed| {
        let mut rng = seed.rng();
        let mut input = valid[rng.random_range(0..valid.len())].clone();
        for _ in 0..rng.random_range(0..4) {
            change(&mut input, &mut rng);
        }

        every_property(&input);
    });
}

fn every_property(input: &[u8]) {
    public_key(input);
    keypair(input);
    peer_id_bytes(input);
    peer_id_text(&String::from_utf8_lossy(input));
    envelope(input);
}

fn change(input: &mut Vec<u8>, rng: &mut StdRng) {
    let at = rng.random_range(0..=input.len());
    match rng.random_range(0..4) {
        0 => input.insert(at, rng.random()),
        1 => input.truncate(at),
        2 if at < input.len() => drop(input.remove(at)),
        _ if at < input.len() => input[at] = rng.random(),
        _ => {}
    }
}

fn valid_encodings() -> Vec<Vec<u8>> {
    let keys = [
        Keypair::ed25519_from_secret([7; 32]),
        Keypair::secp256k1_from_secret([7; 32]).unwrap(),
        Keypair::ecdsa_from_secret([7; 32]).unwrap(),
    ];
    let mut valid = Vec::new();
    for key in keys {
        let envelope = SignedEnvelope::seal(&key, "domain", b"type", b"payload").unwrap();
        valid.push(key.to_protobuf().to_vec());
        valid.push(key.public().to_protobuf());
        valid.push(key.peer_id().to_bytes());
        valid.push(key.peer_id().to_string().into_bytes());
        valid.push(key.peer_id().to_cid().into_bytes());
        valid.push(envelope.to_protobuf());
    }
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../testdata/identity-keys.json")).unwrap();
    for form in ["private_protobuf_hex", "public_protobuf_hex"] {
        let text = file["keys"]["rsa"][form].as_str().unwrap();
        let bytes = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap());
        valid.push(bytes.collect());
    }
    valid
}
