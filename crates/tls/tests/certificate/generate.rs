//! Our own certificates.

use std::time::{Duration, UNIX_EPOCH};

use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::{KeyType, Keypair};
use sinew_tls::{Certificate, CertificateError, GenerateError, verify};

use crate::forge::noon;

#[test]
fn makes_certificates_that_keep_all_rules_with_every_key_type() {
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa] {
        let mut rng = StdRng::seed_from_u64(1);
        let host = Keypair::generate(key_type, &mut rng).unwrap();

        let certificate = Certificate::generate(&host, &mut rng, noon()).unwrap();

        let peer = verify(certificate.der(), noon()).unwrap();
        assert_eq!(peer.peer_id, host.peer_id());
        assert_eq!(certificate.peer_id(), host.peer_id());
    }
}

#[test]
fn makes_certificates_for_imported_rsa_keys() {
    let host = rsa_host();
    let mut rng = StdRng::seed_from_u64(1);

    let certificate = Certificate::generate(&host, &mut rng, noon()).unwrap();

    let peer = verify(certificate.der(), noon()).unwrap();
    assert_eq!(peer.public_key, host.public());
}

fn rsa_host() -> Keypair {
    let text = include_str!("../../testdata/rsa-private-key.hex");
    let digits: Vec<_> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    let bytes: Vec<_> = digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect();
    Keypair::from_protobuf(&bytes).unwrap()
}

#[test]
fn makes_the_same_certificate_from_the_same_seed_and_another_from_another() {
    let host = Keypair::ed25519_from_secret([1; 32]);
    let make = |seed| {
        let mut rng = StdRng::seed_from_u64(seed);
        Certificate::generate(&host, &mut rng, noon()).unwrap()
    };

    assert_eq!(make(1).der(), make(1).der());
    assert_ne!(make(1).der(), make(2).der());
}

#[test]
fn is_valid_from_an_hour_ago_for_a_hundred_years() {
    let host = Keypair::ed25519_from_secret([1; 32]);
    let mut rng = StdRng::seed_from_u64(1);
    let der = Certificate::generate(&host, &mut rng, noon()).unwrap();
    let hour = Duration::from_secs(3600);
    let second = Duration::from_secs(1);
    let century = Duration::from_secs(100 * 365 * 24 * 3600);

    assert!(verify(der.der(), noon() - hour).is_ok());
    assert!(verify(der.der(), noon() - hour + century).is_ok());
    assert!(matches!(
        verify(der.der(), noon() - hour - second),
        Err(CertificateError::NotYetValid(_))
    ));
    assert!(matches!(
        verify(der.der(), noon() - hour + century + second),
        Err(CertificateError::Expired(_))
    ));
}

#[test]
fn says_that_the_clock_is_wrong_instead_of_failing_strangely() {
    let host = Keypair::ed25519_from_secret([1; 32]);
    for now in [
        UNIX_EPOCH,
        UNIX_EPOCH - Duration::from_secs(1),
        UNIX_EPOCH + Duration::from_secs(300_000_000_000),
    ] {
        let outcome = Certificate::generate(&host, &mut StdRng::seed_from_u64(1), now);
        assert!(matches!(outcome, Err(GenerateError::Clock)), "{outcome:?}");
    }
}
