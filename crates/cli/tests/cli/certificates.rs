//! `sinew cert check`, on the certificates of the specification and on broken ones.

use std::{fs, path::Path, time::SystemTime};

use sinew::Keypair;
use sinew_tls::Certificate;

use crate::program::{Finished, sinew};

#[test]
fn a_valid_certificate_is_told_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let keypair = Keypair::generate_ed25519();
    let der = certificate(&keypair, SystemTime::now());

    let run = check(folder.path(), &der, &[]).success();
    let json = check(folder.path(), &der, &["--json"]).success();

    assert!(
        run.stdout.starts_with("a valid libp2p certificate"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains(&keypair.peer_id().to_string()),
        "{run:?}"
    );
    assert_eq!(json.objects()[0]["valid"], true);
    assert_eq!(json.objects()[0]["peer"], keypair.peer_id().to_string());
}

#[test]
fn a_forged_certificate_is_told_with_the_rule_that_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let mut der = certificate(&Keypair::generate_ed25519(), SystemTime::now());
    *der.last_mut().unwrap() ^= 1;

    let run = check(folder.path(), &der, &["--json"]).failure();

    let [checked, failed] = &run.objects()[..] else {
        panic!("two objects, not {run:?}");
    };
    assert_eq!(checked["valid"], false);
    assert!(
        checked["broken_rule"]
            .as_str()
            .unwrap()
            .contains("not signed with its own key")
    );
    assert_eq!(failed["kind"], "bad_certificate");
    assert!(run.stderr.contains("at fault: the peer"), "{run:?}");
}

#[test]
fn a_certificate_of_the_future_is_told_with_both_times() {
    let folder = tempfile::tempdir().unwrap();
    let in_two_days = SystemTime::now() + std::time::Duration::from_secs(2 * 86_400);
    let der = certificate(&Keypair::generate_ed25519(), in_two_days);

    let run = check(folder.path(), &der, &[]).failure();

    assert!(run.stdout.contains("not valid yet"), "{run:?}");
    assert!(
        run.stderr.contains("certificate outside its time"),
        "{run:?}"
    );
    assert!(run.stderr.contains("our clock says"), "{run:?}");
}

#[test]
fn a_file_that_is_no_certificate_is_told() {
    let folder = tempfile::tempdir().unwrap();

    let run = check(folder.path(), b"hello", &[]).failure();

    assert!(run.stdout.contains("not well-formed X.509"), "{run:?}");
}

#[test]
fn a_missing_file_is_told() {
    let run = sinew(["cert", "check", "/nonexistent/certificate"]).failure();

    assert!(
        run.stderr.contains("cannot read /nonexistent/certificate"),
        "{run:?}"
    );
}

fn certificate(keypair: &Keypair, now: SystemTime) -> Vec<u8> {
    let certificate = Certificate::generate(keypair, &mut rand::rng(), now).unwrap();
    certificate.der().to_vec()
}

fn check(folder: &Path, content: &[u8], more: &[&str]) -> Finished {
    let file = folder.join("certificate");
    fs::write(&file, content).unwrap();
    let file = file.to_str().unwrap();
    sinew(["cert", "check", file].iter().chain(more))
}
