//! Permissions, links and pipes.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

#[test]
fn a_new_file_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    load_or_generate(&path, KeyType::Ed25519).unwrap();

    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_that_others_may_use_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    create(&path, &Keypair::generate_ed25519()).unwrap();

    for mode in [0o644, 0o604, 0o602, 0o601, 0o620] {
        set_mode(&path, mode);

        let error = load(&path).unwrap_err();

        assert!(matches!(error, KeyFileError::Exposed { mode: found, .. } if found == mode));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_file_that_the_group_may_read_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    create(&path, &Keypair::generate_ed25519()).unwrap();

    for mode in [0o600, 0o400, 0o640, 0o440] {
        set_mode(&path, mode);

        assert!(load(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_not_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), folder.path().join("target"));
    symlink(&target, &link).unwrap();

    let error = load_or_generate(&link, KeyType::Ed25519).unwrap_err();

    assert!(matches!(error, KeyFileError::Missing { .. }), "{error}");
    assert!(!target.exists());
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
