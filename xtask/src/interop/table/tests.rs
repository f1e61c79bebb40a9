//! Tables of made-up outcomes.

use super::*;
use crate::interop::plan::{self, Implementation, Scope};

#[test]
fn reports_nothing_when_everything_passed() {
    let table = table(|_| Outcome::Passed);
    let known = plan::cells(&[Implementation::Go], Scope::Full);

    assert_eq!(table.passed(), known);
    assert_eq!(table.failures(known), [""; 0]);
}

#[test]
fn reports_a_failed_cell_with_its_reason() {
    let table = table(|check| {
        if check == Check::Echo {
            return Outcome::Failed("reset".to_owned());
        }
        Outcome::Passed
    });
    let known = plan::cells(&[Implementation::Go], Scope::Full);

    let failures = table.failures(known);

    assert_eq!(failures.len(), 27);
    assert_eq!(
        failures[0],
        "go-quic-v1-control-ed25519: echo failed: reset"
    );
}

#[test]
fn fails_when_fewer_cells_ran_than_are_known() {
    let mut table = Table::default();
    for row in plan::rows(Implementation::Rust, Scope::Quick)
        .into_iter()
        .skip(1)
    {
        table.add(row, "rust", vec![Outcome::Passed; row.checks().len()]);
    }
    let known = plan::cells(&[Implementation::Rust], Scope::Quick);

    assert_eq!(table.failures(known), ["52 of 55 known cells ran"]);
}

#[test]
fn does_not_count_what_did_not_run() {
    let table = table(|_| Outcome::NotRun("no toolchain".to_owned()));

    assert_eq!(table.ran(), 0);
    assert_eq!(table.failures(1).len(), 183 + 1);
}

#[test]
fn misses_nothing_that_is_not_supported() {
    let mut table = Table::default();
    for row in plan::rows(Implementation::Js, Scope::Full) {
        let checks = row.checks().into_iter();
        let outcomes = checks
            .map(|check| {
                row.unsupported(check)
                    .map_or(Outcome::Passed, Outcome::NotSupported)
            })
            .collect();
        table.add(row, "js", outcomes);
    }
    let known = plan::cells(&[Implementation::Js], Scope::Full);

    assert_eq!(table.passed(), known);
    assert_eq!(table.failures(known), [""; 0]);
}

#[test]
fn prints_one_object_a_cell() {
    let table = table(|_| Outcome::Passed);

    let json = table.to_json();

    assert_eq!(json.lines().count(), 183);
    assert!(
        json.lines()
            .all(|line| line.contains("\"outcome\":\"passed\""))
    );
}

#[test]
fn tells_what_was_measured_and_seen_and_nothing_that_was_only_wanted() {
    let measured = Measured {
        ms: 12,
        attempts: Some(2),
    };
    let json = |outcome: Outcome| table(|_| outcome.clone()).to_json();
    let count = |text: &str, what: &str| text.lines().filter(|it| it.contains(what)).count();

    let passed = json(Outcome::PassedIn(measured));
    let failed = json(Outcome::Failed("reset".to_owned()));

    assert_eq!(count(&passed, r#""attempts":2"#), 183);
    assert_eq!(count(&passed, r#""ms":12"#), 183);
    assert_eq!(count(&passed, r#""muxer":"tls""#), 8);
    assert_eq!(count(&passed, r#""muxer":null"#), 183 - 16);
    assert_eq!(count(&failed, r#""muxer":null"#), 183);
    assert_eq!(count(&failed, r#""ms":null"#), 183);
}

fn table(outcome: impl Fn(Check) -> Outcome) -> Table {
    let mut table = Table::default();
    for row in plan::rows(Implementation::Go, Scope::Full) {
        let outcomes = row.checks().iter().map(|&check| outcome(check)).collect();
        table.add(row, "rust-libp2p 0.0.0", outcomes);
    }
    table
}
