//! Measures scenarios on demand.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use sinew_sim::{
    scenarios::{Report, Scenario, Snapshots},
    sentence,
};

use crate::print_json;

/// Runs the scenario called `name`, or all, and compares what they say with their snapshots.
///
/// `now` is the clock of the machine, by which a run's duration is told.
pub(crate) fn run(name: &str, json: bool, update: bool, now: fn() -> Instant) -> ExitCode {
    let scenarios = match name {
        "list" => {
            for scenario in Scenario::ALL {
                println!("{:12} {}", scenario.name, scenario.about);
            }
            return ExitCode::SUCCESS;
        }
        "all" => Scenario::ALL.to_vec(),
        name => Scenario::find(name).into_iter().collect(),
    };
    if scenarios.is_empty() {
        eprintln!("error: there is no scenario {name}; `--scenario list` names them");
        return ExitCode::FAILURE;
    }
    let mut is_fine = true;
    for scenario in scenarios {
        is_fine &= measure(scenario, json, update, now);
    }
    if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn measure(scenario: Scenario, json: bool, update: bool, now: fn() -> Instant) -> bool {
    let started = now();
    let report = match scenario.run() {
        Ok(report) => report,
        Err(error) => {
            eprintln!("error: {}: {}", scenario.name, sentence(&error));
            return false;
        }
    };
    if json {
        print_json(&report);
    } else {
        print(&report, now() - started);
    }
    for miss in &report.misses {
        eprintln!("error: {}: {miss}", scenario.name);
    }
    if !report.misses.is_empty() {
        return false;
    }
    let snapshots = Snapshots::of_this_repository();
    if update {
        if let Err(error) = snapshots.update(&report) {
            eprintln!("error: the snapshot cannot be written: {error}");
            return false;
        }
    } else if let Err(difference) = snapshots.compare(&report) {
        eprintln!("error: {difference}");
        return false;
    }
    true
}

fn print(report: &Report, taken: Duration) {
    println!("## {}\n\n{report}", report.name);
    println!(
        "{} worlds, {:.0} virtual seconds, {} packets in {:.1} s; digest {}\n",
        report.worlds,
        report.virtual_seconds,
        report.packets,
        taken.as_secs_f64(),
        report.digest
    );
}
