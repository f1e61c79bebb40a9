//! Key files in folders of their own.

use std::thread;

use super::*;
use crate::{PeerId, WireError};

#[test]
fn a_key_written_is_the_key_read() {
    let folder = tempfile::tempdir().unwrap();
    for keypair in [
        Keypair::generate_ed25519(),
        Keypair::generate_secp256k1(),
        Keypair::generate_ecdsa(),
    ] {
        let path = folder.path().join(keypair.key_type().name());

        create(&path, &keypair).unwrap();

        assert_eq!(load(&path).unwrap().peer_id(), keypair.peer_id());
        assert_eq!(fs::read(&path).unwrap(), *keypair.to_protobuf());
    }
}

#[test]
fn nothing_but_the_key_file_stays_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    load_or_generate(&path, KeyType::Ed25519).unwrap();
    let _ = create(&path, &Keypair::generate_ed25519());

    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(names, [path]);
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, b"precious").unwrap();

    let error = create(&path, &Keypair::generate_ed25519()).unwrap_err();

    assert!(matches!(error, KeyFileError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[test]
fn a_key_is_generated_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    let first = load_or_generate(&path, KeyType::Secp256k1).unwrap();
    let second = load_or_generate(&path, KeyType::Ed25519).unwrap();

    assert_eq!(first.key_type(), KeyType::Secp256k1);
    assert_eq!(second.peer_id(), first.peer_id());
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "only threads can start at the same time"
)]
fn everybody_who_starts_at_once_gets_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    let ids: Vec<PeerId> = thread::scope(|scope| {
        let starts: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| load_or_generate(&path, KeyType::Ed25519)))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap().unwrap().peer_id())
            .collect()
    });

    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(load(&path).unwrap().peer_id(), ids[0]);
}

#[test]
fn rsa_keys_are_loaded_but_not_generated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    let error = load_or_generate(&path, KeyType::Rsa).unwrap_err();

    assert!(matches!(
        error,
        KeyFileError::Generate(GenerateError::RsaUnsupported)
    ));
    assert!(!path.exists());
}

#[test]
fn a_missing_file_and_a_missing_folder_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("key");
    let nowhere = folder.path().join("no").join("key");

    assert!(matches!(load(&missing), Err(KeyFileError::Missing { .. })));
    assert!(matches!(
        create(&nowhere, &Keypair::generate_ed25519()),
        Err(KeyFileError::NoFolder { .. })
    ));
    assert!(matches!(
        load_or_generate(&nowhere, KeyType::Ed25519),
        Err(KeyFileError::NoFolder { .. })
    ));
}

#[test]
fn a_folder_is_no_key_file() {
    let folder = tempfile::tempdir().unwrap();

    assert!(matches!(
        load(folder.path()),
        Err(KeyFileError::NotAFile { .. })
    ));
    assert!(matches!(
        create(folder.path(), &Keypair::generate_ed25519()),
        Err(KeyFileError::Exists { .. })
    ));
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let cases = [
        (vec![], DecodeError::MissingField("type")),
        (
            b"\x08".to_vec(),
            DecodeError::Malformed(WireError::Truncated),
        ),
        (
            vec![0; 1 << 20],
            DecodeError::TooLong {
                len: MAX_LEN + 1,
                max: MAX_LEN,
            },
        ),
    ];
    for (content, reason) in cases {
        write_new(&path, &content).unwrap();

        let KeyFileError::NotAKey { source, .. } = load(&path).unwrap_err() else {
            panic!("another error");
        };

        assert_eq!(source, reason);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn every_error_names_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some-key");

    let message = load(&path).unwrap_err().to_string();

    assert!(message.contains("some-key"), "{message}");
}

#[cfg(unix)]
mod unix;
