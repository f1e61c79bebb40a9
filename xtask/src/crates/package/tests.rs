//! Listings as `cargo package --list` prints them.

use super::*;

const GOOD: &str = "Cargo.toml\nCargo.toml.orig\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\ntests/open.rs\n";

#[test]
fn accepts_sources_tests_and_licences() {
    assert_eq!(problems(GOOD), [""; 0]);
}

#[test]
fn names_a_file_that_does_not_belong() {
    let listing = format!("{GOOD}notes.txt\n");

    assert_eq!(problems(&listing), ["its package would contain notes.txt"]);
}

#[test]
fn names_a_licence_that_is_missing() {
    let listing = GOOD.replace("LICENSE-MIT\n", "");

    assert_eq!(problems(&listing), ["its package lacks LICENSE-MIT"]);
}
