//! The published keys of the libp2p specification, each read, written and used.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use serde_json::Value;
use sinew_identity::{KeyType, Keypair, PublicKey};

#[test]
fn reads_every_published_private_key_and_derives_its_public_key() {
    for vector in vectors().values() {
        let keypair = Keypair::from_protobuf(&vector.private).unwrap();

        assert_eq!(keypair.key_type(), vector.key_type);
        assert_eq!(keypair.public().to_protobuf(), vector.public);
    }
}

#[test]
fn writes_every_published_key_byte_for_byte() {
    // [peer-ids §Keys] Both fields stand there, in order, even a type of 0.
    for vector in vectors().values() {
        let keypair = Keypair::from_protobuf(&vector.private).unwrap();
        let public = PublicKey::from_protobuf(&vector.public).unwrap();

        assert_eq!(*keypair.to_protobuf(), vector.private);
        assert_eq!(public.to_protobuf(), vector.public);
    }
}

#[test]
fn every_published_pair_signs_and_verifies() {
    for vector in vectors().values() {
        let keypair = Keypair::from_protobuf(&vector.private).unwrap();
        let public = PublicKey::from_protobuf(&vector.public).unwrap();

        let signature = keypair.sign(b"a message").unwrap();

        assert_eq!(public.verify(b"a message", &signature), Ok(()));
        assert_eq!(keypair.sign(b"a message").unwrap(), signature);
    }
}

#[test]
fn the_published_vectors_cover_every_key_type() {
    let types: Vec<_> = vectors().into_keys().collect();

    assert_eq!(types, KeyType::ALL);
}

struct Vector {
    key_type: KeyType,
    private: Vec<u8>,
    public: Vec<u8>,
}

fn vectors() -> BTreeMap<KeyType, Vector> {
    let text = include_str!("../testdata/identity-keys.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let keys = file["keys"].as_object().unwrap();
    keys.iter()
        .map(|(name, key)| {
            let key_type = name.parse().unwrap();
            let vector = Vector {
                key_type,
                private: hex(key["private_protobuf_hex"].as_str().unwrap()),
                public: hex(key["public_protobuf_hex"].as_str().unwrap()),
            };
            (key_type, vector)
        })
        .collect()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
