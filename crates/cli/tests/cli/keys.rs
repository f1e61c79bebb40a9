//! `sinew key`.

use std::fs;

use crate::program::{Finished, sinew};

#[test]
fn a_generated_key_is_shown_with_the_same_peer_id() {
    let folder = tempfile::tempdir().unwrap();
    for (key_type, prefix) in [
        ("ed25519", "12D3"),
        ("secp256k1", "16Uiu2"),
        ("ecdsa", "Qm"),
    ] {
        let file = folder.path().join(key_type);
        let file = file.to_str().unwrap();

        let made = sinew(["key", "generate", "--type", key_type, file, "--json"]).success();
        let shown = sinew(["key", "show", file, "--json"]).success();

        let peer = |run: &Finished| run.objects()[0]["peer"].as_str().unwrap().to_owned();
        assert_eq!(peer(&made), peer(&shown));
        assert!(peer(&made).starts_with(prefix), "{}", peer(&made));
        assert_eq!(shown.objects()[0]["type"], key_type);
    }
}

#[test]
fn a_key_is_ed25519_unless_asked_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");

    let made = sinew(["key".as_ref(), "generate".as_ref(), file.as_os_str()]).success();

    assert!(made.stdout.contains("ed25519"), "{made:?}");
}

#[cfg(unix)]
#[test]
fn a_key_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");

    sinew(["key".as_ref(), "generate".as_ref(), file.as_os_str()]).success();

    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "precious").unwrap();

    let run = sinew(["key".as_ref(), "generate".as_ref(), file.as_os_str()]).failure();

    assert!(run.stderr.contains("not overwritten"), "{run:?}");
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_no_key_is_refused_with_what_to_try() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "no key").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

    let run = sinew(["key".as_ref(), "show".as_ref(), file.as_os_str()]).failure();

    assert!(
        run.stderr.contains("no usable key") && run.stderr.contains("what to do:"),
        "{run:?}"
    );
    assert_eq!(run.stdout, "");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused_with_how_to_close_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    sinew(["key".as_ref(), "generate".as_ref(), file.as_os_str()]).success();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    let show = sinew(["key".as_ref(), "show".as_ref(), file.as_os_str()]).failure();
    let node = sinew(["node".as_ref(), "--key".as_ref(), file.as_os_str()]).failure();

    for run in [show, node] {
        assert!(run.stderr.contains("chmod 600"), "{run:?}");
        assert!(run.stderr.contains("at fault: this side"), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_missing_key_file_is_told_with_how_to_make_one() {
    let run = sinew(["key", "show", "/nonexistent/key"]).failure();

    assert!(run.stderr.contains("sinew key generate"), "{run:?}");
}
