//! Peer ids: how they follow from keys, and every form they are written in.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeSet, HashSet};

use multibase::Base;
use sinew_identity::{Keypair, PeerId, PeerIdError};

/// The example of the specification, in its older and its newer form.
const BASE58: &str = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
const CID: &str = "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe";

#[test]
fn both_published_forms_are_the_same_peer() {
    // [peer-ids §String representation] Base58 and CID.
    let peer: PeerId = BASE58.parse().unwrap();

    assert_eq!(CID.parse(), Ok(peer));
    assert_eq!(peer.to_string(), BASE58);
    assert_eq!(peer.to_cid(), CID);
}

#[test]
fn short_keys_are_held_whole_and_long_ones_hashed() {
    // [peer-ids §Peer Ids] The bound is 42 bytes.
    let ed25519 = Keypair::ed25519_from_secret([7; 32]);
    let secp256k1 = Keypair::secp256k1_from_secret([7; 32]).unwrap();
    let ecdsa = Keypair::ecdsa_from_secret([7; 32]).unwrap();

    assert!(ed25519.peer_id().to_string().starts_with("12D3KooW"));
    assert!(secp256k1.peer_id().to_string().starts_with("16Uiu2H"));
    assert!(ecdsa.peer_id().to_string().starts_with("Qm"));
    assert_eq!(ed25519.peer_id().as_public_key(), Some(ed25519.public()));
    assert_eq!(
        secp256k1.peer_id().as_public_key(),
        Some(secp256k1.public())
    );
    assert_eq!(ecdsa.peer_id().as_public_key(), None);
}

#[test]
fn every_form_reads_back_as_the_same_peer() {
    for peer in peers() {
        let cid = [&[0x01, 0x72], peer.as_bytes()].concat();
        let mut forms = vec![peer.to_string(), peer.to_cid()];
        for base in [
            Base::Base16Lower,
            Base::Base32Lower,
            Base::Base32Upper,
            Base::Base36Lower,
            Base::Base36Upper,
            Base::Base58Btc,
            Base::Base64Url,
        ] {
            forms.push(multibase::encode(base, &cid));
        }
        for form in forms {
            assert_eq!(form.parse(), Ok(peer), "{form}");
        }
        assert_eq!(PeerId::from_bytes(&peer.to_bytes()), Ok(peer));
    }
}

#[test]
fn text_that_is_no_peer_id_is_refused_with_its_reason() {
    let other_codec = multibase::encode(Base::Base32Lower, [&[0x01, 0x70], &digest()[..]].concat());
    let cases = [
        ("", PeerIdError::NotCid),
        ("Qm0", PeerIdError::NotBase58),
        ("1", PeerIdError::Length),
        (
            "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",
            PeerIdError::HashFunction(0),
        ),
        ("bafz!", PeerIdError::NotCid),
        ("ünknown", PeerIdError::NotCid),
        ("b", PeerIdError::NotPeerCid),
        (other_codec.as_str(), PeerIdError::NotPeerCid),
    ];
    for (text, reason) in cases {
        let error = text.parse::<PeerId>().unwrap_err();
        if let (PeerIdError::HashFunction(_), PeerIdError::HashFunction(_)) = (error, reason) {
            continue;
        }
        assert_eq!(error, reason, "{text}");
    }
}

#[test]
fn text_of_any_length_is_refused_without_being_decoded() {
    let text = "1".repeat(1 << 20);

    assert_eq!(
        text.parse::<PeerId>(),
        Err(PeerIdError::TextTooLong {
            len: 1 << 20,
            max: 128
        })
    );
}

#[test]
fn multihashes_that_are_no_peer_ids_are_refused() {
    let sha256 = |len: u8| [vec![0x12, len], vec![7; len.into()]].concat();
    let identity = |len: u8| [vec![0x00, len], vec![7; len.into()]].concat();
    let cases = [
        (vec![], PeerIdError::Length),
        (vec![0x12], PeerIdError::Length),
        (sha256(32)[..33].to_vec(), PeerIdError::Length),
        ([sha256(32), vec![0]].concat(), PeerIdError::Length),
        (identity(5)[..6].to_vec(), PeerIdError::Length),
        (sha256(0), PeerIdError::DigestLength(0)),
        (sha256(31), PeerIdError::DigestLength(31)),
        (sha256(33), PeerIdError::DigestLength(33)),
        (identity(43), PeerIdError::DigestLength(43)),
        (identity(255), PeerIdError::DigestLength(255)),
        (vec![0x13, 0x20], PeerIdError::HashFunction(0x13)),
        // The function 0x12 as a varint of two bytes.
        (
            [vec![0x92, 0x00, 0x20], vec![7; 32]].concat(),
            PeerIdError::HashFunction(0x92),
        ),
        // A length of 2^63.
        (
            vec![
                0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01,
            ],
            PeerIdError::DigestLength(0x80),
        ),
    ];
    for (bytes, reason) in cases {
        assert_eq!(PeerId::from_bytes(&bytes), Err(reason), "{bytes:?}");
    }
}

#[test]
fn identity_multihashes_of_every_allowed_length_are_peer_ids() {
    for len in 0..=42 {
        let bytes = [vec![0x00, len], vec![7; len.into()]].concat();

        let peer = PeerId::from_bytes(&bytes).unwrap();

        assert_eq!(peer.to_bytes(), bytes);
        assert_eq!(peer.to_string().parse(), Ok(peer));
    }
}

#[test]
fn an_unusual_encoding_of_a_key_is_not_taken_for_its_owner() {
    let key = Keypair::ed25519_from_secret([7; 32]).public();
    let encoded = key.to_protobuf();
    // The same fields in the other order.
    let swapped = [&encoded[2..], &encoded[..2]].concat();

    let peer = PeerId::from_bytes(&[&[0x00, 36], &swapped[..]].concat()).unwrap();

    assert_ne!(peer, key.to_peer_id());
    assert_eq!(peer.as_public_key(), None);
}

#[test]
fn order_is_that_of_the_bytes() {
    let mut by_id = peers();
    let mut by_bytes = peers();

    by_id.sort();
    by_bytes.sort_by_key(PeerId::to_bytes);

    assert_eq!(by_id, by_bytes);
}

#[test]
fn ids_can_be_looked_up_in_sets() {
    let sorted: BTreeSet<_> = peers().into_iter().chain(peers()).collect();
    let hashed: HashSet<_> = peers().into_iter().chain(peers()).collect();

    assert_eq!(sorted.len(), peers().len());
    assert_eq!(hashed.len(), peers().len());
}

#[test]
fn display_keeps_to_the_width_it_is_given() {
    let peer: PeerId = BASE58.parse().unwrap();

    assert_eq!(format!("{peer:>50}"), format!("    {BASE58}"));
    assert_eq!(format!("{peer:?}"), format!("PeerId({BASE58})"));
}

#[cfg(feature = "serde")]
#[test]
fn serde_writes_base58_and_reads_every_text_form() {
    let peer: PeerId = BASE58.parse().unwrap();

    assert_eq!(
        serde_json::to_string(&peer).unwrap(),
        format!("\"{BASE58}\"")
    );
    for text in [BASE58, CID] {
        let json = format!("\"{text}\"");
        assert_eq!(serde_json::from_str::<PeerId>(&json).unwrap(), peer);
    }
    assert!(serde_json::from_str::<PeerId>("\"Qm0\"").is_err());
    assert!(serde_json::from_str::<PeerId>("7").is_err());
}

fn peers() -> Vec<PeerId> {
    let mut peers: Vec<_> = (1..5)
        .flat_map(|byte| {
            [
                Keypair::ed25519_from_secret([byte; 32]).peer_id(),
                Keypair::secp256k1_from_secret([byte; 32])
                    .unwrap()
                    .peer_id(),
                Keypair::ecdsa_from_secret([byte; 32]).unwrap().peer_id(),
            ]
        })
        .collect();
    peers.push(PeerId::from_bytes(&[0, 0]).unwrap());
    peers.push(PeerId::from_bytes(&[0, 1, 0]).unwrap());
    peers.push(BASE58.parse().unwrap());
    peers
}

fn digest() -> Vec<u8> {
    BASE58.parse::<PeerId>().unwrap().to_bytes()
}
