//! Signed envelopes: sealed and opened, and every way in which one does not prove what it should.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sinew_identity::{
    DecodeError, EnvelopeError, Keypair, OpenError, SealError, SignedEnvelope, WireError,
};

const DOMAIN: &str = "a purpose";
const TYPE: &[u8] = &[0x03, 0x7f];

#[test]
fn what_was_sealed_can_be_opened_by_everybody() {
    for key in keys() {
        let sealed = SignedEnvelope::seal(&key, DOMAIN, TYPE, b"payload").unwrap();

        let read = SignedEnvelope::from_protobuf(&sealed.to_protobuf()).unwrap();
        let opened = read.open(DOMAIN, TYPE).unwrap();

        assert_eq!(read, sealed);
        assert_eq!(*opened.signer, key.public());
        assert_eq!(opened.payload, b"payload");
    }
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    // [signed-envelopes §Signature Production / Verification] Each part has its length in front.
    let key = Keypair::ed25519_from_secret([7; 32]);
    let mut signed = vec![DOMAIN.len() as u8];
    signed.extend(DOMAIN.as_bytes());
    signed.extend([2, 0x03, 0x7f, 7]);
    signed.extend(b"payload");
    let signature = key.sign(&signed).unwrap();

    let sealed = SignedEnvelope::seal(&key, DOMAIN, TYPE, b"payload").unwrap();

    let mut expected = vec![0x0a, 36];
    expected.extend(key.public().to_protobuf());
    expected.extend([0x12, 2, 0x03, 0x7f, 0x1a, 7]);
    expected.extend(b"payload");
    expected.extend([0x2a, 64]);
    expected.extend(signature);
    assert_eq!(sealed.to_protobuf(), expected);
}

#[test]
fn an_envelope_for_another_purpose_is_not_opened() {
    let sealed = seal(b"payload");

    for domain in ["another purpose", "a purposf", ""] {
        assert_eq!(sealed.open(domain, TYPE), Err(OpenError::Signature));
    }
}

#[test]
fn an_envelope_with_another_type_of_payload_is_not_opened() {
    let sealed = seal(b"payload");

    for payload_type in [&[][..], &[0x03], &[0x03, 0x7f, 0x00]] {
        assert_eq!(
            sealed.open(DOMAIN, payload_type),
            Err(OpenError::PayloadType)
        );
    }
}

#[test]
fn the_bounds_between_domain_type_and_payload_cannot_be_moved() {
    let key = Keypair::ed25519_from_secret([7; 32]);
    let sealed = SignedEnvelope::seal(&key, "ab", b"cd", b"ef").unwrap();

    for (payload_type, payload) in [(&b"c"[..], &b"def"[..]), (b"cde", b"f"), (b"", b"cdef")] {
        let moved = with_parts(&sealed, payload_type, payload);

        assert_eq!(moved.open("ab", payload_type), Err(OpenError::Signature));
    }
}

#[test]
fn an_envelope_with_any_byte_changed_does_not_open() {
    let bytes = seal(b"payload").to_protobuf();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x01;

        let opens = SignedEnvelope::from_protobuf(&changed)
            .is_ok_and(|envelope| envelope.open(DOMAIN, TYPE).is_ok());

        assert!(!opens, "byte {at}");
    }
}

#[test]
fn a_foreign_key_in_an_envelope_does_not_open_it() {
    let sealed = seal(b"payload").to_protobuf();
    let thief = Keypair::ed25519_from_secret([8; 32]).public().to_protobuf();

    let stolen = [&sealed[..2], &thief, &sealed[38..]].concat();

    let envelope = SignedEnvelope::from_protobuf(&stolen).unwrap();
    assert_eq!(envelope.open(DOMAIN, TYPE), Err(OpenError::Signature));
}

#[test]
fn an_envelope_without_signature_is_read_and_does_not_open() {
    let sealed = seal(b"payload").to_protobuf();
    let unsigned = &sealed[..sealed.len() - 66];

    let envelope = SignedEnvelope::from_protobuf(unsigned).unwrap();

    assert_eq!(envelope.open(DOMAIN, TYPE), Err(OpenError::Signature));
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_skipped() {
    let sealed = seal(b"payload");
    let bytes = sealed.to_protobuf();
    let (key, rest) = bytes.split_at(38);
    let unknown = [0x22, 1, 0, 0x30, 1];

    let shuffled = [&unknown[..], rest, &unknown, key].concat();

    assert_eq!(SignedEnvelope::from_protobuf(&shuffled), Ok(sealed));
}

#[test]
fn what_is_no_envelope_is_refused_with_its_reason() {
    let cases = [
        (vec![], EnvelopeError::MissingKey),
        (vec![0x0a], EnvelopeError::Malformed(WireError::Truncated)),
        (
            vec![0x08, 1],
            EnvelopeError::Malformed(WireError::Mismatch { field: 1 }),
        ),
        (
            vec![0x0a, 0],
            EnvelopeError::Key(DecodeError::MissingField("type")),
        ),
        (
            vec![0; SignedEnvelope::MAX_LEN + 1],
            EnvelopeError::TooLong {
                len: SignedEnvelope::MAX_LEN + 1,
                max: SignedEnvelope::MAX_LEN,
            },
        ),
    ];
    for (bytes, reason) in cases {
        assert_eq!(SignedEnvelope::from_protobuf(&bytes), Err(reason));
    }
}

#[test]
fn the_largest_content_that_is_sealed_can_be_read() {
    let largest = vec![7; SignedEnvelope::MAX_CONTENT_LEN - TYPE.len()];
    for key in keys() {
        let sealed = SignedEnvelope::seal(&key, DOMAIN, TYPE, &largest).unwrap();

        let read = SignedEnvelope::from_protobuf(&sealed.to_protobuf()).unwrap();

        assert!(read.open(DOMAIN, TYPE).is_ok());
    }
}

#[test]
fn content_that_would_not_be_read_is_not_sealed() {
    let key = Keypair::ed25519_from_secret([7; 32]);
    let payload = vec![7; SignedEnvelope::MAX_CONTENT_LEN];

    assert_eq!(
        SignedEnvelope::seal(&key, DOMAIN, TYPE, &payload),
        Err(SealError::TooLong {
            len: SignedEnvelope::MAX_CONTENT_LEN + 2,
            max: SignedEnvelope::MAX_CONTENT_LEN
        })
    );
}

fn seal(payload: &[u8]) -> SignedEnvelope {
    let key = Keypair::ed25519_from_secret([7; 32]);
    SignedEnvelope::seal(&key, DOMAIN, TYPE, payload).unwrap()
}

/// The envelope with other content under the same signature, which is its last 66 bytes.
fn with_parts(sealed: &SignedEnvelope, payload_type: &[u8], payload: &[u8]) -> SignedEnvelope {
    let bytes = sealed.to_protobuf();
    let parts = [
        &bytes[..38],
        &[0x12, payload_type.len() as u8],
        payload_type,
        &[0x1a, payload.len() as u8],
        payload,
        &bytes[bytes.len() - 66..],
    ];
    SignedEnvelope::from_protobuf(&parts.concat()).unwrap()
}

fn keys() -> [Keypair; 3] {
    [
        Keypair::ed25519_from_secret([7; 32]),
        Keypair::secp256k1_from_secret([7; 32]).unwrap(),
        Keypair::ecdsa_from_secret([7; 32]).unwrap(),
    ]
}
