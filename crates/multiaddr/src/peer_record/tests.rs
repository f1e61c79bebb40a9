//! Records that speak for their signer, and records that do not.

use super::*;

#[test]
fn a_sealed_record_opens_as_itself() {
    for key in keys() {
        let record = record(&key, 3);

        let bytes = record.seal(&key).unwrap().to_protobuf();
        let envelope = SignedEnvelope::from_protobuf(&bytes).unwrap();

        assert_eq!(PeerRecord::open(&envelope), Ok(record));
    }
}

#[test]
fn the_payload_has_the_bytes_of_the_specification() {
    let key = key(7);
    let record = PeerRecord {
        peer_id: key.peer_id(),
        seq: 300,
        addresses: vec!["/ip4/1.2.3.4/tcp/4001".parse().unwrap()],
    };

    let envelope = record.seal(&key).unwrap();

    let opened = envelope.open("libp2p-peer-record", &[0x03, 0x01]).unwrap();
    let mut expected = vec![0x0a, 38];
    expected.extend(key.peer_id().to_bytes());
    expected.extend([
        0x10, 0xac, 0x02, 0x1a, 10, 0x0a, 8, 4, 1, 2, 3, 4, 6, 0x0f, 0xa1,
    ]);
    assert_eq!(opened.payload, expected);
}

#[test]
fn a_record_about_another_peer_is_refused_with_both_ids() {
    // [routing-records §Certification / Verification] The record's peer must be the signer.
    let (thief, victim) = (key(1), key(2));
    let stolen = record(&victim, 1).to_wire().encode_to_vec();

    let envelope = seal(&thief, &stolen);

    assert_eq!(
        PeerRecord::open(&envelope),
        Err(PeerRecordError::PeerMismatch {
            record: victim.peer_id(),
            signer: thief.peer_id()
        })
    );
}

#[test]
fn a_record_about_another_peer_is_not_sealed() {
    let (signer, other) = (key(1), key(2));

    assert_eq!(
        record(&other, 1).seal(&signer),
        Err(SealRecordError::PeerMismatch {
            record: other.peer_id(),
            signer: signer.peer_id()
        })
    );
}

#[test]
fn a_payload_signed_for_another_purpose_is_no_record() {
    let key = key(1);
    let payload = record(&key, 1).to_wire().encode_to_vec();
    let other_domain = SignedEnvelope::seal(
        &key,
        "libp2p-relay-rsvp",
        PeerRecord::PAYLOAD_TYPE,
        &payload,
    );
    let other_type = SignedEnvelope::seal(&key, PeerRecord::DOMAIN, &[0x03, 0x02], &payload);

    assert_eq!(
        PeerRecord::open(&other_domain.unwrap()),
        Err(PeerRecordError::Open(OpenError::Signature))
    );
    assert_eq!(
        PeerRecord::open(&other_type.unwrap()),
        Err(PeerRecordError::Open(OpenError::PayloadType))
    );
}

#[test]
fn a_payload_without_valid_signature_is_not_read() {
    // [routing-records §Certification / Verification] The payload is garbage, but that is not what is reported.
    let mut bytes = seal(&key(1), &[0xff]).to_protobuf();
    *bytes.last_mut().unwrap() ^= 1;

    let envelope = SignedEnvelope::from_protobuf(&bytes).unwrap();

    assert_eq!(
        PeerRecord::open(&envelope),
        Err(PeerRecordError::Open(OpenError::Signature))
    );
}

#[test]
fn what_is_no_record_is_refused_with_its_reason() {
    let key = key(1);
    let id = [&[0x0a, 38][..], key.peer_id().as_bytes()].concat();
    let with = |more: &[u8]| [&id, more].concat();
    let cases = [
        (vec![0xff], PeerRecordError::Malformed),
        (vec![], PeerRecordError::PeerId(PeerIdError::Length)),
        (
            vec![0x0a, 1, 0],
            PeerRecordError::PeerId(PeerIdError::Length),
        ),
        (
            with(&[0x1a, 0]),
            PeerRecordError::Address(MultiaddrError::Empty),
        ),
    ];
    for (payload, reason) in cases {
        assert_eq!(PeerRecord::open(&seal(&key, &payload)), Err(reason));
    }
}

#[test]
fn unknown_addresses_are_kept_and_unknown_fields_skipped() {
    let key = key(1);
    let id = [&[0x0a, 38][..], key.peer_id().as_bytes()].concat();
    let payload = [
        &[0x22, 1, 0][..],
        &[0x1a, 5, 0x0a, 3, 0xfa, 0xff, 0x03],
        &id,
    ]
    .concat();

    let record = PeerRecord::open(&seal(&key, &payload)).unwrap();

    assert_eq!(
        record.addresses,
        [Multiaddr::from_bytes(&[0xfa, 0xff, 0x03]).unwrap()]
    );
    assert_eq!(record.seq, 0);
}

#[test]
fn a_record_has_a_bounded_number_of_addresses() {
    let key = key(1);
    let (len, max) = (PeerRecord::MAX_ADDRESSES + 1, PeerRecord::MAX_ADDRESSES);
    let most = record(&key, max);
    let too_many = record(&key, len);

    assert_eq!(PeerRecord::open(&most.seal(&key).unwrap()), Ok(most));
    assert_eq!(
        too_many.seal(&key),
        Err(SealRecordError::TooManyAddresses { len, max })
    );
    assert_eq!(
        PeerRecord::open(&seal(&key, &too_many.to_wire().encode_to_vec())),
        Err(PeerRecordError::TooManyAddresses { len, max })
    );
}

#[test]
fn a_record_has_addresses_of_bounded_size() {
    let key = key(1);
    let len = Multiaddr::MAX_LEN + 1;
    let mut wire = record(&key, 0).to_wire();
    wire.addresses.push(WireAddress {
        multiaddr: vec![0; len],
    });

    assert_eq!(
        PeerRecord::open(&seal(&key, &wire.encode_to_vec())),
        Err(PeerRecordError::Address(MultiaddrError::TooLong {
            len,
            max: Multiaddr::MAX_LEN
        }))
    );
}

fn record(key: &Keypair, addresses: usize) -> PeerRecord {
    PeerRecord {
        peer_id: key.peer_id(),
        seq: u64::MAX,
        addresses: (0..addresses)
            .map(|port| format!("/memory/{port}").parse().unwrap())
            .collect(),
    }
}

/// A record's envelope around any payload.
fn seal(key: &Keypair, payload: &[u8]) -> SignedEnvelope {
    SignedEnvelope::seal(key, PeerRecord::DOMAIN, PeerRecord::PAYLOAD_TYPE, payload).unwrap()
}

fn keys() -> [Keypair; 3] {
    [
        key(1),
        Keypair::secp256k1_from_secret([1; 32]).unwrap(),
        Keypair::ecdsa_from_secret([1; 32]).unwrap(),
    ]
}

fn key(secret: u8) -> Keypair {
    Keypair::ed25519_from_secret([secret; 32])
}
