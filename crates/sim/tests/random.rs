//! Random worlds: some are run, each is the same again, and what is wrong in one is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use sinew_sim::random::{FaultKind, HostPlan, Job, Letter, Plan, Work, run};
use sinew_simnet::Link;
use sinew_testkit::{Seed, each_seed};

#[test]
fn everything_holds_in_worlds_that_are_drawn() {
    each_seed(40, |seed| {
        run(&Plan::draw(seed, None), false).unwrap();
    });
}

#[test]
fn the_same_seed_is_the_same_world() {
    for seed in 0..5 {
        let plan = Plan::draw(Seed::new(seed), None);

        let (first, second) = (run(&plan, false).unwrap(), run(&plan, false).unwrap());

        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.tally, second.tally, "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let digest = |seed| {
        run(&Plan::draw(Seed::new(seed), None), false)
            .unwrap()
            .digest
    };

    assert_ne!(digest(1), digest(2));
}

#[test]
fn the_worlds_that_are_drawn_have_everything_in_them() {
    let plans: Vec<_> = (0..300)
        .map(|seed| Plan::draw(Seed::new(seed), None))
        .collect();
    let faults = || plans.iter().flat_map(|plan| &plan.faults).map(|it| it.kind);
    let work = || plans.iter().flat_map(|plan| &plan.jobs).map(|it| it.work);

    assert!(plans.iter().any(Plan::is_calm));
    assert!(plans.iter().any(|plan| plan.is_tight));
    assert!(faults().any(|it| matches!(it, FaultKind::Crash(..))));
    assert!(faults().any(|it| matches!(it, FaultKind::Rebind(_))));
    assert!(faults().any(|it| matches!(it, FaultKind::NoUdp(_))));
    assert!(faults().any(|it| matches!(it, FaultKind::Away(..))));
    assert!(work().any(|it| matches!(it, Work::Burst(..))));
    assert!(work().any(|it| matches!(it, Work::Echo(_))));
    assert!(work().any(|it| matches!(it, Work::GiveUpDialing(_))));
    assert!(work().any(|it| matches!(it, Work::Letter(letter) if letter.writer_leaves.is_some())));
}

/// A world that is too bad for what is asked of it, and is said to be calm: the model has to object.
#[test]
fn what_fails_where_nothing_may_fail_is_found() {
    let listens = HostPlan {
        quic: true,
        tcp: true,
    };
    let plan = Plan {
        seed: Seed::new(7),
        asked_hosts: None,
        hosts: vec![listens; 2],
        link: Link {
            loss: 1.0,
            ..Link::default()
        },
        jobs: vec![Job {
            at: Duration::ZERO,
            from: 0,
            to: 1,
            work: Work::Letter(Letter {
                len: 10,
                writer_leaves: None,
                reader_leaves: None,
                reader_waits: Duration::ZERO,
            }),
        }],
        faults: Vec::new(),
        is_tight: false,
    };

    let failure = run(&plan, false).unwrap_err();

    let text = failure.to_string();
    assert!(text.contains("dial 0 -> 1 failed"), "{text}");
    let report = &failure.reports[0];
    assert!(report.step.at > Duration::ZERO && report.step.packets > 0);
    assert!(text.contains(&format!("{}: dial", report.step)), "{text}");
    // What led to it is shown, and how it was told.
    assert!(failure.tail[0].contains("lost"), "{text}");
    assert!(text.contains("note wrong: dial 0 -> 1"), "{text}");
    assert!(text.contains("cargo xtask sim --seed 7"), "{text}");
}
