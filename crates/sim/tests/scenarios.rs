//! Scenarios say what they said last.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sinew_sim::scenarios::{Report, Scenario, Snapshots};

/// What scenarios hold is counted.
#[global_allocator]
static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;

#[test]
fn cheap_scenarios_say_what_their_snapshots_say() {
    for scenario in Scenario::ALL.into_iter().filter(|it| it.is_cheap) {
        let report = scenario.run().unwrap();
        assert_eq!(report.misses, Vec::<String>::new(), "{}", scenario.name);

        if let Err(difference) = Snapshots::of_this_repository().compare(&report) {
            panic!("{difference}");
        }
    }
}

#[test]
fn the_same_scenario_is_the_same_world() {
    let scenario = Scenario::find("restart").unwrap();

    let (first, second) = (scenario.run().unwrap(), scenario.run().unwrap());

    assert_eq!(first.digest, second.digest);
    assert_eq!(first.to_string(), second.to_string());
}

#[test]
fn the_documentation_tells_what_the_snapshots_say() {
    let snapshots = Snapshots::of_this_repository();
    for scenario in Scenario::ALL {
        let (said, told) = snapshots.read(&scenario).unwrap();

        assert_eq!(told, Some(said), "{}", scenario.name);
    }
}

#[test]
fn a_figure_that_moved_is_told_with_the_command_that_keeps_it() {
    let scenario = Scenario::find("restart").unwrap();
    let mut report: Report = scenario.run().unwrap();
    report.tables[0].rows[0][2] = "1234.5".to_owned();

    let difference = Snapshots::of_this_repository()
        .compare(&report)
        .unwrap_err();

    assert!(difference.lines.contains("1234.5"), "{difference}");
    let text = difference.to_string();
    assert!(text.contains("--scenario restart --update"), "{text}");
}
