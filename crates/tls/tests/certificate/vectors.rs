//! The specification's own certificates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sinew_tls::verify;

#[test]
fn judges_the_specifications_certificates_as_it_does() {
    let file = include_str!("../../testdata/tls-certificates.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let certificates = file["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 4);

    for certificate in certificates {
        let name = certificate["name"].as_str().unwrap();
        let der = hex(certificate["certificate_der_hex"].as_str().unwrap());
        let outcome = verify(&der, year_2026());
        assert_eq!(outcome.is_ok(), certificate["valid"], "{name}: {outcome:?}");
        if let Ok(peer) = outcome {
            assert_eq!(peer.peer_id.to_string(), certificate["peer_id"], "{name}");
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn year_2026() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}
