//! Reports about certificate files.

use std::time::Duration;

use sinew_identity::Keypair;
use sinew_tls::{CertificateError, check};

use crate::forge::{Forge, noon, not_after, not_before, signing_key};

fn host() -> Keypair {
    Keypair::ed25519_from_secret([3; 32])
}

#[test]
fn reads_der_and_pem() {
    let der = Forge::valid(&host()).der();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        base64(&der)
    );

    for file in [&der[..], pem.as_bytes()] {
        let report = check(file, noon());
        assert_eq!(report.verdict.unwrap().peer_id, host().peer_id());
        let validity = report.validity.unwrap();
        assert_eq!(
            (validity.not_before, validity.not_after),
            (not_before(), not_after())
        );
    }
}

#[test]
fn says_whose_an_invalid_certificate_claims_to_be() {
    let mut forge = Forge::valid(&host());
    forge.signer = signing_key(2);

    let report = check(&forge.der(), noon());

    assert_eq!(report.verdict, Err(CertificateError::SelfSignature));
    assert_eq!(report.claimed, Some(host().peer_id()));
    let report = check(&forge.der(), not_after() + Duration::from_secs(2));
    assert!(matches!(report.verdict, Err(CertificateError::Expired(_))));
    assert_eq!(report.claimed, Some(host().peer_id()));
}

#[test]
fn says_that_other_files_are_no_certificate() {
    for file in [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\n????\n"] {
        let report = check(file, noon());
        assert_eq!(report.verdict, Err(CertificateError::Malformed));
        assert_eq!((report.claimed, report.validity), (None, None));
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for place in 0..4 {
            if place > chunk.len() {
                text.push('=');
            } else {
                let index = word >> (18 - 6 * place) & 0x3f;
                text.push(ALPHABET[index as usize].into());
            }
        }
    }
    text
}
