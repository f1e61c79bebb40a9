//! What the plan must contain.

use super::*;

#[test]
fn runs_every_identity_in_both_directions() {
    for scope in [Scope::Quick, Scope::Full] {
        let rows = rows(Implementation::Rust, scope);
        for identity in Identity::ALL {
            for direction in [Direction::WeDial, Direction::TheyDial] {
                let found = rows
                    .iter()
                    .any(|r| r.identity == identity && r.direction == direction);

                assert!(
                    found,
                    "{direction} with {identity} is missing from {scope:?}"
                );
            }
        }
    }
}

#[test]
fn tries_a_wrong_peer_even_when_quick() {
    let quick = rows(Implementation::Rust, Scope::Quick);

    assert!(
        quick
            .iter()
            .any(|row| row.checks().contains(&Check::WrongPeer))
    );
}

#[test]
fn counts_every_check_of_every_row() {
    assert_eq!(cells(&[Implementation::Rust], Scope::Full), 9 * 3 + 4);
    assert_eq!(cells(&[Implementation::Rust], Scope::Quick), 9 * 3 + 1);
}

#[test]
fn does_not_count_what_a_peer_cannot_do() {
    let rows = rows(Implementation::Js, Scope::Full);
    let unsupported = rows.iter().filter(|row| row.unsupported().is_some());

    assert_eq!(unsupported.count(), 2);
    assert_eq!(cells(&[Implementation::Js], Scope::Full), 7 * 3 + 3);
}

#[test]
fn names_rows_apart() {
    let rows = rows(Implementation::Rust, Scope::Full);
    let mut slugs: Vec<_> = rows.iter().map(Row::slug).collect();
    slugs.sort_unstable();
    slugs.dedup();

    assert_eq!(slugs.len(), rows.len());
}
