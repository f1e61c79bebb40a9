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
fn tries_a_wrong_peer_in_both_directions_even_when_quick() {
    for &implementation in Implementation::in_scope(Scope::Quick) {
        let quick = rows(implementation, Scope::Quick);
        for direction in [Direction::WeDial, Direction::TheyDial] {
            let found = quick
                .iter()
                .any(|row| row.direction == direction && row.checks().contains(&Check::WrongPeer));

            assert!(found, "{implementation}: {direction} has no wrong peer");
        }
    }
}

#[test]
fn kills_and_restarts_whoever_listens_over_every_stack() {
    for &implementation in Implementation::in_scope(Scope::Full) {
        let rows = rows(implementation, Scope::Full);
        let killing = rows.iter().filter(|row| {
            let checks = row.checks();
            checks.contains(&Check::Killed) && checks.contains(&Check::Restarted)
        });

        assert_eq!(killing.count(), 2 * Stack::ALL.len(), "{implementation}");
    }
}

#[test]
fn runs_every_stack_in_both_directions_even_when_quick() {
    for &implementation in Implementation::in_scope(Scope::Quick) {
        let rows = rows(implementation, Scope::Quick);
        for stack in Stack::ALL {
            for direction in [Direction::WeDial, Direction::TheyDial] {
                let found = rows
                    .iter()
                    .any(|row| row.stack == stack && row.direction == direction);

                assert!(
                    found,
                    "{implementation}: {direction} over {stack} is missing"
                );
            }
        }
    }
}

#[test]
fn wants_the_muxer_chosen_as_early_as_each_peer_can() {
    let choice = |implementation, stack| {
        let rows = rows(implementation, Scope::Quick);
        let row = rows.into_iter().find(|row| row.stack == stack).unwrap();
        row.muxer_choice()
    };

    for early in [Implementation::Go, Implementation::Js] {
        assert_eq!(choice(early, Stack::TcpTls), MuxerChoice::InTls);
        assert_eq!(choice(early, Stack::TcpNoise), MuxerChoice::InNoise);
    }
    for stack in [Stack::TcpTls, Stack::TcpNoise] {
        assert_eq!(choice(Implementation::Rust, stack), MuxerChoice::Negotiated);
    }
}

/// Whoever changes what is run changes these numbers; nothing else may.
#[test]
fn knows_how_many_cells_there_are() {
    use Implementation::{Go, Js, Py, Rust};
    let known =
        |implementation| [Scope::Quick, Scope::Full].map(|scope| cells(&[implementation], scope));

    assert_eq!(known(Go), [55, 183]);
    assert_eq!(known(Js), [49, 141]);
    assert_eq!(known(Py), [49, 141]);
    assert_eq!(known(Rust), [55, 165]);
    let all = |scope| cells(Implementation::in_scope(scope), scope);
    assert_eq!([Scope::Quick, Scope::Full].map(all), [159, 630]);
}

#[test]
fn does_not_count_what_a_peer_cannot_do() {
    let rows = rows(Implementation::Js, Scope::Quick);
    let unsupported = rows
        .iter()
        .filter(|row| row.unsupported(Check::Ping).is_some());

    assert_eq!(unsupported.count(), 2);
}

#[test]
fn names_rows_apart() {
    let rows = rows(Implementation::Rust, Scope::Full);
    let mut slugs: Vec<_> = rows.iter().map(Row::slug).collect();
    slugs.sort_unstable();
    slugs.dedup();

    assert_eq!(slugs.len(), rows.len());
}
