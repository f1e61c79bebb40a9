//! One certificate for each rule that can be broken.

use std::time::Duration;

use sinew_identity::{KeyType, Keypair};
use sinew_tls::{CertificateError, VerifiedPeer, verify};

use crate::forge::{
    ECDSA_WITH_SHA512, Forge, KEY_USAGE, LIBP2P, extension, noon, not_after, not_before,
    signed_key, signed_key_of, signing_key, spki, value,
};

fn host() -> Keypair {
    Keypair::ed25519_from_secret([3; 32])
}

fn check(change: impl FnOnce(&mut Forge)) -> Result<VerifiedPeer, CertificateError> {
    let mut forge = Forge::valid(&host());
    change(&mut forge);
    verify(&forge.der(), noon())
}

#[test]
fn accepts_a_certificate_that_keeps_all_rules() {
    assert_eq!(check(|_| {}).unwrap().peer_id, host().peer_id());
}

// [tls §libp2p Public Key Extension]
#[test]
fn accepts_the_extension_marked_critical() {
    let outcome = check(|forge| {
        let contents = signed_key(&host(), &forge.spki);
        forge.extensions = vec![extension(LIBP2P, true, &contents)];
    });

    assert_eq!(outcome.unwrap().public_key, host().public());
}

#[test]
fn ignores_unknown_extensions_that_are_not_critical() {
    let outcome = check(|forge| {
        forge
            .extensions
            .insert(0, extension(KEY_USAGE, false, b"nonsense"));
    });

    assert!(outcome.is_ok());
}

// [tls §Peer Authentication]
#[test]
fn refuses_unknown_critical_extensions() {
    let outcome = check(|forge| {
        forge
            .extensions
            .push(extension(KEY_USAGE, true, &value(0x03, &[7, 0x80])));
    });

    let oid = "2.5.29.15".into();
    assert_eq!(
        outcome,
        Err(CertificateError::UnknownCriticalExtension { oid })
    );
}

// [RFC 5280 §4.2]
#[test]
fn refuses_an_extension_that_comes_twice() {
    let outcome = check(|forge| {
        let again = forge.extensions[0].clone();
        forge.extensions.push(again);
    });

    let oid = "1.3.6.1.4.1.53594.1.1".into();
    assert_eq!(outcome, Err(CertificateError::DuplicateExtension { oid }));
}

// [tls §Peer Authentication]
#[test]
fn refuses_a_certificate_without_the_extension() {
    let without_any = check(|forge| forge.extensions.clear());
    let with_another = check(|forge| forge.extensions = vec![extension(KEY_USAGE, false, b"")]);

    assert_eq!(without_any, Err(CertificateError::MissingExtension));
    assert_eq!(with_another, Err(CertificateError::MissingExtension));
}

// [tls §libp2p Public Key Extension]
#[test]
fn refuses_a_malformed_extension() {
    let good = signed_key(&host(), &spki(&signing_key(1)));
    let trailing = [&good[..], &[0]].concat();
    let third_field = {
        let fields = [&good[2..], &value(0x04, b"more")[..]].concat();
        value(0x30, &fields)
    };
    // The form without DER that py-libp2p takes: two lengths, two values.
    let key = host().public().to_protobuf();
    let plain = [
        &(key.len() as u32).to_be_bytes()[..],
        &key,
        &[0, 0, 0, 64],
        &[9; 64],
    ]
    .concat();

    for contents in [&b""[..], b"\x30", &trailing, &third_field, &plain] {
        let outcome = check(|forge| forge.extensions = vec![extension(LIBP2P, false, contents)]);
        assert_eq!(
            outcome,
            Err(CertificateError::MalformedExtension),
            "{contents:x?}"
        );
    }
}

#[test]
fn refuses_a_host_key_that_is_none() {
    let huge_rsa = {
        let modulus = [&[0][..], &[0xff; 2048]].concat();
        let key = value(
            0x30,
            &[value(0x02, &modulus), value(0x02, &[1, 0, 1])].concat(),
        );
        let algorithm = value(0x30, RSA_ENCRYPTION);
        let spki = value(
            0x30,
            &[algorithm, value(0x03, &[&[0], &key[..]].concat())].concat(),
        );
        let mut message = vec![
            8,
            0,
            0x12,
            0x80 | (spki.len() as u8 & 0x7f),
            (spki.len() >> 7) as u8,
        ];
        message.extend(spki);
        message
    };
    for key in [&b""[..], b"garbage", &[8, 1, 0x12, 2, 1, 2], &huge_rsa] {
        let outcome = check(|forge| {
            let contents = signed_key_of(key, &[0; 64]);
            forge.extensions = vec![extension(LIBP2P, false, &contents)];
        });
        assert!(
            matches!(outcome, Err(CertificateError::HostKey(_))),
            "{outcome:?}"
        );
    }
}

// [tls §libp2p Public Key Extension]
#[test]
fn refuses_a_host_signature_that_is_wrong_in_any_way() {
    let key = host().public().to_protobuf();
    let spki = spki(&signing_key(1));
    let over = |prefix: &[u8], rest: &[u8]| host().sign(&[prefix, rest].concat()).unwrap();
    let good = over(b"libp2p-tls-handshake:", &spki);
    let stranger = Keypair::ed25519_from_secret([4; 32]);

    let wrong = [
        over(b"libp2p-tls-handshake", &spki),
        over(b"", &spki),
        over(b"libp2p-tls-handshake:", &spki[1..]),
        stranger
            .sign(&[b"libp2p-tls-handshake:", &spki[..]].concat())
            .unwrap(),
        // py-libp2p cuts a signature out of what is around it.
        [&b"libp2p-tls-handshake:"[..], &good].concat(),
        [&good[..], &[0]].concat(),
        good[..63].to_vec(),
        Vec::new(),
    ];
    for signature in wrong {
        let outcome = check(|forge| {
            let contents = signed_key_of(&key, &signature);
            forge.extensions = vec![extension(LIBP2P, false, &contents)];
        });
        assert_eq!(outcome, Err(CertificateError::ExtensionSignature));
    }
}

#[test]
fn refuses_an_extension_taken_from_another_certificate() {
    let outcome = check(|forge| {
        forge.signer = signing_key(2);
        forge.spki = spki(&forge.signer);
    });

    assert_eq!(outcome, Err(CertificateError::ExtensionSignature));
}

// [tls §Peer Authentication]
#[test]
fn refuses_a_certificate_that_is_not_signed_with_its_own_key() {
    let by_another = check(|forge| forge.signer = signing_key(2));
    let mut der = Forge::valid(&host()).der();
    let last = der.len() - 1;
    der[last] ^= 1;

    assert_eq!(by_another, Err(CertificateError::SelfSignature));
    assert_eq!(verify(&der, noon()), Err(CertificateError::SelfSignature));
}

// [RFC 5280 §4.1.1.2]
#[test]
fn refuses_two_names_for_the_signature_algorithm() {
    let outcome = check(|forge| forge.outer_algorithm = ECDSA_WITH_SHA512.to_vec());

    assert_eq!(outcome, Err(CertificateError::SignatureAlgorithmMismatch));
}

#[test]
fn refuses_algorithms_that_it_does_not_know() {
    let outcome = check(|forge| {
        forge.inner_algorithm = ECDSA_WITH_SHA512.to_vec();
        forge.outer_algorithm = ECDSA_WITH_SHA512.to_vec();
    });

    assert_eq!(outcome, Err(CertificateError::UnsupportedAlgorithm));
}

#[test]
fn refuses_rsa_certificate_keys_that_are_too_small_or_too_large() {
    for bits in [1024_usize, 2040, 8200] {
        let modulus = [&[0][..], &vec![0xff; bits / 8]].concat();
        let key = value(
            0x30,
            &[value(0x02, &modulus), value(0x02, &[1, 0, 1])].concat(),
        );
        let key = [&[0], &key[..]].concat();
        let outcome = check(|forge| {
            let algorithm = value(0x30, RSA_ENCRYPTION);
            forge.spki = value(0x30, &[algorithm, value(0x03, &key)].concat());
            let contents = signed_key(&host(), &forge.spki);
            forge.extensions = vec![extension(LIBP2P, false, &contents)];
        });
        assert_eq!(outcome, Err(CertificateError::RsaKeySize { bits }));
    }
}

// [tls §Peer Authentication]
#[test]
fn is_valid_from_its_first_to_its_last_second() {
    let der = Forge::valid(&host()).der();
    let tick = Duration::from_nanos(1);

    assert!(verify(&der, not_before()).is_ok());
    assert!(verify(&der, not_after() + Duration::from_secs(1) - tick).is_ok());
    let too_early = verify(&der, not_before() - tick);
    let Err(CertificateError::NotYetValid(validity)) = too_early else {
        panic!("{too_early:?}");
    };
    assert_eq!(
        (validity.not_before, validity.not_after, validity.now),
        (not_before(), not_after(), not_before() - tick)
    );
    let too_late = verify(&der, not_after() + Duration::from_secs(1));
    let Err(CertificateError::Expired(validity)) = too_late else {
        panic!("{too_late:?}");
    };
    assert!(validity.to_string().contains("2026"), "{validity}");
}

// [tls §Peer Authentication]
#[test]
fn refuses_unique_ids() {
    let issuer = check(|forge| forge.issuer_uid = true);
    let subject = check(|forge| forge.subject_uid = true);

    assert_eq!(issuer, Err(CertificateError::UniqueId));
    assert_eq!(subject, Err(CertificateError::UniqueId));
}

#[test]
fn refuses_versions_that_have_no_extensions() {
    for version in [0, 1] {
        let outcome = check(|forge| forge.version = version);
        assert_eq!(outcome, Err(CertificateError::NotVersion3));
    }
}

#[test]
fn refuses_what_follows_the_certificate() {
    let der = Forge::valid(&host()).der();

    let with_a_byte = verify(&[&der[..], &[0]].concat(), noon());
    let with_another = verify(&[&der[..], &der].concat(), noon());

    assert_eq!(with_a_byte, Err(CertificateError::TrailingData));
    assert_eq!(with_another, Err(CertificateError::TrailingData));
}

#[test]
fn refuses_to_look_at_a_certificate_of_absurd_length() {
    let outcome = check(|forge| {
        forge
            .extensions
            .push(extension(KEY_USAGE, false, &[0; 20_000]));
    });

    assert!(matches!(
        outcome,
        Err(CertificateError::TooLarge { max: 16_384, .. })
    ));
}

#[test]
fn refuses_every_truncation_and_every_changed_byte() {
    let host = Keypair::generate(KeyType::Ecdsa, &mut rand::rng()).unwrap();
    let der = Forge::valid(&host).der();
    assert!(verify(&der, noon()).is_ok());

    for len in 0..der.len() {
        assert!(verify(&der[..len], noon()).is_err(), "cut to {len}");
    }
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut changed = der.clone();
            changed[at] ^= 1 << bit;
            assert!(verify(&changed, noon()).is_err(), "byte {at}, bit {bit}");
        }
    }
}

/// The contents of an algorithm identifier: 1.2.840.113549.1.1.1 and NULL.
const RSA_ENCRYPTION: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
