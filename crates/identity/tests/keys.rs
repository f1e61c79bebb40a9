//! Keys of each type: what they sign, what they verify, and what is no key.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sinew_identity::{DecodeError, GenerateError, KeyType, Keypair, PublicKey, SignatureError};

const GENERATED: [KeyType; 3] = [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa];

#[test]
fn a_signature_verifies_under_its_key_and_message_alone() {
    for key in every_type() {
        let public = key.public();
        let signature = key.sign(b"message").unwrap();

        assert_eq!(public.verify(b"message", &signature), Ok(()));
        assert_eq!(public.verify(b"messagf", &signature), Err(SignatureError));
        assert_eq!(public.verify(b"", &signature), Err(SignatureError));
        for other in every_type()
            .iter()
            .filter(|other| other.peer_id() != key.peer_id())
        {
            assert_eq!(
                other.public().verify(b"message", &signature),
                Err(SignatureError)
            );
        }
        let sibling = Keypair::ed25519_from_secret([8; 32]).public();
        assert_eq!(sibling.verify(b"message", &signature), Err(SignatureError));
    }
}

#[test]
fn a_signature_with_any_byte_changed_does_not_verify() {
    for key in every_type() {
        let signature = key.sign(b"message").unwrap();
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 0x01;

            assert_eq!(
                key.public().verify(b"message", &changed),
                Err(SignatureError),
                "{} at {at}",
                key.key_type()
            );
        }
    }
}

#[test]
fn what_is_no_signature_does_not_verify() {
    for key in every_type() {
        let signature = key.sign(b"message").unwrap();
        let len = signature.len();
        let longer = [&signature[..], &[0]].concat();
        let wrong = [
            &[][..],
            &signature[..1],
            &signature[..len - 1],
            &signature[1..],
            &longer,
            &[0; 64],
            &vec![0; len],
            &vec![0xff; len],
            // The DER of r = s = 0, and of r = s = 1.
            &[0x30, 6, 2, 1, 0, 2, 1, 0],
            &[0x30, 6, 2, 1, 1, 2, 1, 1],
        ];
        for signature in wrong {
            assert_eq!(
                key.public().verify(b"message", signature),
                Err(SignatureError),
                "{}: {signature:?}",
                key.key_type()
            );
        }
    }
}

#[test]
fn nothing_verifies_under_an_ed25519_key_that_is_no_point() {
    // y = 2 is on no point of the curve.
    let mut bytes = vec![8, 1, 18, 32, 2];
    bytes.resize(36, 0);
    let key = PublicKey::from_protobuf(&bytes).unwrap();

    assert_eq!(key.verify(b"message", &[0; 64]), Err(SignatureError));
}

#[test]
fn ed25519_signs_as_rfc_8032_does() {
    let key = Keypair::ed25519_from_secret(
        hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .try_into()
            .unwrap(),
    );

    let signature = key.sign(b"").unwrap();

    let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    assert_eq!(key.public().to_protobuf()[4..], public);
    assert_eq!(
        signature,
        hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970\
             1cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
    );
}

#[test]
fn ecdsa_signs_as_rfc_6979_does() {
    let key = Keypair::ecdsa_from_secret(
        hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
            .try_into()
            .unwrap(),
    )
    .unwrap();

    let signature = key.sign(b"sample").unwrap();

    assert_eq!(
        signature,
        hex(
            "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
             022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        )
    );
}

#[test]
fn secp256k1_signs_with_the_lower_s_and_refuses_the_higher() {
    // [peer-ids §Secp256k1] As BIP 62 has it.
    let key = Keypair::secp256k1_from_secret([7; 32]).unwrap();
    let signature = key.sign(b"message").unwrap();
    let low = k256::ecdsa::Signature::from_der(&signature).unwrap();

    let high = k256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap();

    assert!(low.normalize_s().is_none());
    assert_eq!(
        key.public().verify(b"message", high.to_der().as_bytes()),
        Err(SignatureError)
    );
}

#[test]
fn ecdsa_accepts_both_s_because_go_writes_both() {
    let key = Keypair::ecdsa_from_secret([7; 32]).unwrap();
    let signature = key.sign(b"message").unwrap();
    let one = p256::ecdsa::Signature::from_der(&signature).unwrap();

    let other = p256::ecdsa::Signature::from_scalars(one.r(), -one.s()).unwrap();

    assert_ne!(one, other);
    assert_eq!(
        key.public().verify(b"message", other.to_der().as_bytes()),
        Ok(())
    );
}

#[test]
fn the_same_seed_generates_the_same_key() {
    for key_type in GENERATED {
        let generate = |seed| {
            let mut rng = StdRng::seed_from_u64(seed);
            Keypair::generate(key_type, &mut rng).unwrap().peer_id()
        };

        assert_eq!(generate(1), generate(1));
        assert_ne!(generate(1), generate(2));
    }
}

#[test]
fn rsa_keys_are_not_generated() {
    let mut rng = StdRng::seed_from_u64(1);

    let error = Keypair::generate(KeyType::Rsa, &mut rng).unwrap_err();

    assert_eq!(error, GenerateError::RsaUnsupported);
}

#[test]
fn a_broken_random_source_is_noticed_instead_of_waited_for() {
    for key_type in [KeyType::Secp256k1, KeyType::Ecdsa] {
        let error = Keypair::generate(key_type, &mut Zeros).unwrap_err();

        assert!(matches!(error, GenerateError::BrokenRandomSource(_)));
    }
}

#[test]
fn secrets_outside_the_curve_are_no_keys() {
    for secret in [[0; 32], [0xff; 32]] {
        assert_eq!(
            Keypair::secp256k1_from_secret(secret).unwrap_err(),
            DecodeError::InvalidKey(KeyType::Secp256k1)
        );
        assert_eq!(
            Keypair::ecdsa_from_secret(secret).unwrap_err(),
            DecodeError::InvalidKey(KeyType::Ecdsa)
        );
    }
}

#[test]
fn every_key_reads_back_as_itself() {
    for key in every_type() {
        let read = Keypair::from_protobuf(&key.to_protobuf()).unwrap();
        let public = PublicKey::from_protobuf(&key.public().to_protobuf()).unwrap();

        assert_eq!(read.to_protobuf(), key.to_protobuf());
        assert_eq!(public, key.public());
        assert_eq!(public.to_peer_id(), key.peer_id());
    }
}

#[test]
fn the_legacy_form_of_an_ed25519_key_is_read_and_written_anew() {
    // [peer-ids §Ed25519] The public key may stand there twice.
    let key = Keypair::ed25519_from_secret([7; 32]);
    let current = key.to_protobuf();
    let legacy = [&[8, 1, 18, 96], &current[4..], &current[36..]].concat();

    let read = Keypair::from_protobuf(&legacy).unwrap();

    assert_eq!(read.to_protobuf(), current);
}

#[test]
fn an_ed25519_key_with_a_foreign_public_key_is_refused() {
    let current = Keypair::ed25519_from_secret([7; 32]).to_protobuf();
    let mut wrong = current.to_vec();
    wrong[67] ^= 1;
    let mut wrong_copy = [&[8, 1, 18, 96], &current[4..], &current[36..]].concat();
    wrong_copy[99] ^= 1;

    for bytes in [wrong, wrong_copy] {
        assert_eq!(
            Keypair::from_protobuf(&bytes).unwrap_err(),
            DecodeError::KeyMismatch
        );
    }
}

#[test]
fn an_ecdsa_key_with_a_foreign_public_key_is_refused() {
    let key = Keypair::ecdsa_from_secret([7; 32]).unwrap().to_protobuf();
    let other = Keypair::ecdsa_from_secret([8; 32]).unwrap().to_protobuf();
    let point_at = key.len() - 65;

    let mixed = [&key[..point_at], &other[point_at..]].concat();

    assert_eq!(
        Keypair::from_protobuf(&mixed).unwrap_err(),
        DecodeError::KeyMismatch
    );
}

#[test]
fn an_ecdsa_private_key_without_its_public_half_is_read() {
    let key = Keypair::ecdsa_from_secret([7; 32]).unwrap();
    let der = [&[0x30, 37, 2, 1, 1, 4, 32][..], &[7; 32]].concat();

    let read = Keypair::from_protobuf(&message(3, &der)).unwrap();

    assert_eq!(read.peer_id(), key.peer_id());
}

#[test]
fn ecdsa_keys_on_another_curve_are_refused_by_name() {
    let key = Keypair::ecdsa_from_secret([7; 32]).unwrap();
    // The last arc of the identifier of P-256, changed to that of another curve.
    let replace = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let at = bytes.windows(8).position(|window| window == p256).unwrap();
        bytes[at + 7] = 0x06;
        bytes
    };

    assert_eq!(
        PublicKey::from_protobuf(&replace(&key.public().to_protobuf())).unwrap_err(),
        DecodeError::UnsupportedCurve
    );
    assert_eq!(
        Keypair::from_protobuf(&replace(&key.to_protobuf())).unwrap_err(),
        DecodeError::UnsupportedCurve
    );
}

#[test]
fn points_that_are_on_no_curve_are_no_keys() {
    let mut ecdsa = Keypair::ecdsa_from_secret([7; 32])
        .unwrap()
        .public()
        .to_protobuf();
    *ecdsa.last_mut().unwrap() ^= 1;
    let cases = [
        (ecdsa, KeyType::Ecdsa),
        (message(2, &[2; 32]), KeyType::Secp256k1),
        (message(2, &[5; 33]), KeyType::Secp256k1),
        (message(2, &[0]), KeyType::Secp256k1),
        (message(2, &[0xff; 33]), KeyType::Secp256k1),
    ];
    for (bytes, key_type) in cases {
        assert_eq!(
            PublicKey::from_protobuf(&bytes).unwrap_err(),
            DecodeError::InvalidKey(key_type)
        );
    }
}

#[test]
fn an_uncompressed_secp256k1_key_is_the_same_peer_as_its_compressed_form() {
    let key = Keypair::secp256k1_from_secret([7; 32]).unwrap().public();
    let point = k256::PublicKey::from_sec1_bytes(&key.to_protobuf()[4..]).unwrap();
    let uncompressed = k256::ecdsa::VerifyingKey::from(point).to_encoded_point(false);

    let read = PublicKey::from_protobuf(&message(2, uncompressed.as_bytes())).unwrap();

    assert_eq!(read, key);
    assert_eq!(read.to_peer_id(), key.to_peer_id());
}

#[test]
fn data_of_any_wrong_length_is_no_key() {
    for (code, key_type) in [
        (0, KeyType::Rsa),
        (1, KeyType::Ed25519),
        (2, KeyType::Secp256k1),
        (3, KeyType::Ecdsa),
    ] {
        for len in [0, 1, 31, 34, 63, 65, 95, 97, 200] {
            let bytes = message(code, &vec![1; len]);

            assert_eq!(
                PublicKey::from_protobuf(&bytes).unwrap_err(),
                DecodeError::InvalidKey(key_type)
            );
            assert_eq!(
                Keypair::from_protobuf(&bytes).unwrap_err(),
                DecodeError::InvalidKey(key_type)
            );
        }
    }
}

#[test]
fn a_scalar_that_lost_its_leading_zeros_is_no_key() {
    let short = [&[0x30, 36, 2, 1, 1, 4, 31][..], &[7; 31]].concat();

    assert_eq!(
        Keypair::from_protobuf(&message(3, &short)).unwrap_err(),
        DecodeError::InvalidKey(KeyType::Ecdsa)
    );
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_skipped() {
    let key = Keypair::ed25519_from_secret([7; 32]).public();
    let data = key.to_protobuf()[4..].to_vec();
    let unknown = [0x1a, 3, 1, 2, 3, 0x20, 0xff, 0x7f];

    let bytes = [&unknown[..], &[18, 32], &data, &unknown, &[8, 1]].concat();

    assert_eq!(PublicKey::from_protobuf(&bytes), Ok(key));
}

#[test]
fn a_missing_field_is_named() {
    let missing = |name| Err(DecodeError::MissingField(name));

    assert_eq!(PublicKey::from_protobuf(&[]), missing("type"));
    assert_eq!(PublicKey::from_protobuf(&[18, 0]), missing("type"));
    assert_eq!(PublicKey::from_protobuf(&[8, 1]), missing("data"));
}

#[test]
fn an_unknown_type_is_refused_and_not_cut_to_a_known_one() {
    assert_eq!(
        PublicKey::from_protobuf(&message(4, &[0; 32])),
        Err(DecodeError::UnknownKeyType(4))
    );
    // 2^32 + 1
    assert_eq!(
        PublicKey::from_protobuf(&[8, 0x81, 0x80, 0x80, 0x80, 0x10, 18, 0]),
        Err(DecodeError::UnknownKeyType((1 << 32) + 1))
    );
}

#[test]
fn debug_shows_who_it_is_and_nothing_secret() {
    let secret = [0xab; 32];
    let text = format!("{:?}", Keypair::ed25519_from_secret(secret));

    let id = Keypair::ed25519_from_secret(secret).peer_id().to_string();
    assert_eq!(
        text,
        format!("Keypair {{ key_type: Ed25519, peer_id: PeerId({id}), .. }}")
    );
}

#[test]
fn derived_secrets_depend_on_key_type_and_label() {
    let ed25519 = Keypair::ed25519_from_secret([7; 32]);
    let secp256k1 = Keypair::secp256k1_from_secret([7; 32]).unwrap();
    let ecdsa = Keypair::ecdsa_from_secret([7; 32]).unwrap();
    let other = Keypair::ed25519_from_secret([8; 32]);

    let secrets = [
        ed25519.derive_secret(b"one"),
        ed25519.derive_secret(b"two"),
        ed25519.derive_secret(b""),
        secp256k1.derive_secret(b"one"),
        ecdsa.derive_secret(b"one"),
        other.derive_secret(b"one"),
    ];

    for (at, secret) in secrets.iter().enumerate() {
        assert!(!secrets[..at].contains(secret), "{at}");
    }
    assert_eq!(ed25519.clone().derive_secret(b"one"), secrets[0]);
}

#[test]
fn key_types_have_names() {
    for key_type in KeyType::ALL {
        assert_eq!(key_type.to_string().parse(), Ok(key_type));
    }
    assert!("Ed25519".parse::<KeyType>().is_err());
    assert!("".parse::<KeyType>().is_err());
}

/// A random source that gives zeros for ever.
struct Zeros;

impl rand_core::TryRng for Zeros {
    type Error = rand_core::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(0);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Zeros {}

fn every_type() -> [Keypair; 4] {
    [
        rsa(),
        Keypair::ed25519_from_secret([7; 32]),
        Keypair::secp256k1_from_secret([7; 32]).unwrap(),
        Keypair::ecdsa_from_secret([7; 32]).unwrap(),
    ]
}

/// The RSA key of the specification.
fn rsa() -> Keypair {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../testdata/identity-keys.json")).unwrap();
    let private = file["keys"]["rsa"]["private_protobuf_hex"]
        .as_str()
        .unwrap();
    Keypair::from_protobuf(&hex(private)).unwrap()
}

/// A key message of up to 255 bytes of data.
fn message(key_type: u8, data: &[u8]) -> Vec<u8> {
    let len = data.len() as u8;
    let head = if len < 0x80 {
        vec![8, key_type, 18, len]
    } else {
        vec![8, key_type, 18, len, 1]
    };
    [&head, data].concat()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
