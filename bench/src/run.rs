//! Runs measurements side by side: rounds interleaved, so that a noisy machine hits all systems alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::case::{Case, Record};
use crate::go;
use crate::name::{Name, Owner};
use crate::process;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::system;
use crate::{Api, Runtime};

#[derive(Args)]
pub(crate) struct Options {
    /// The scenarios; all of them when none is named.
    scenarios: Vec<Scenario>,
    /// Whose systems stand beside ours; everybody's when none is named.
    #[arg(long, num_args = 1..)]
    against: Vec<Owner>,
    /// The systems to compare, one by one.
    #[arg(long = "system", conflicts_with = "against")]
    systems: Vec<Name>,
    /// tokio's schedulers; both when none is named. Go has as many threads that run its code.
    #[arg(long = "runtime")]
    runtimes: Vec<Runtime>,
    /// How payload is read and written.
    #[arg(long, default_value = "calls")]
    api: Api,
    /// How often each measurement is made. The table shows medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Does this share of the usual work, in percent.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// Prints each measurement as a JSON object on a line of its own, and no table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let runner = Runner::new(options.percent, cases(options));
    let mut report = Report::default();
    for round in 0..options.rounds {
        runner.round(
            round,
            |_| true,
            |record| {
                if options.json {
                    println!("{}", serde_json::to_string(&record)?);
                }
                report.add(record);
                Ok(())
            },
        )?;
        eprintln!("round {} of {}", round + 1, options.rounds);
    }
    if !options.json {
        print!("{report}");
    }
    Ok(())
}

fn systems(options: &Options) -> Vec<Name> {
    let is_wanted = |name: &Name| match (options.systems.as_slice(), options.against.as_slice()) {
        ([], []) => true,
        ([], owners) => name.owner() == Owner::Ours || owners.contains(&name.owner()),
        (names, _) => names.contains(name),
    };
    Name::all().filter(is_wanted).collect()
}

fn cases(options: &Options) -> Vec<Case> {
    let scenarios = all_unless_named(&options.scenarios, &Scenario::ALL);
    let runtimes = all_unless_named(&options.runtimes, &Runtime::ALL);
    let systems = systems(options);
    let mut cases = Vec::new();
    for &scenario in scenarios {
        for &runtime in runtimes {
            for &system in &systems {
                cases.push(Case {
                    scenario,
                    runtime,
                    system,
                    api: options.api,
                });
            }
        }
    }
    cases
}

fn all_unless_named<'a, T>(named: &'a [T], all: &'a [T]) -> &'a [T] {
    if named.is_empty() { all } else { named }
}

/// Makes measurements, as far as this machine can.
pub(crate) struct Runner {
    percent: u64,
    go_peer: Option<PathBuf>,
    cases: Vec<Case>,
}

impl Runner {
    /// Builds what is not built, and says which of `cases` are left out and why.
    pub(crate) fn new(percent: u64, cases: Vec<Case>) -> Self {
        let wants = |owner| cases.iter().any(|case| case.system.owner() == owner);
        let mut absent = BTreeMap::new();
        let mut go_peer = None;
        if wants(Owner::GoLibp2p) {
            match go::build() {
                Ok(program) => go_peer = Some(program),
                Err(error) => drop(absent.insert(Owner::GoLibp2p, format!("{error:#}"))),
            }
        }
        if wants(Owner::Litep2p) && !system::LITEP2P_IS_THERE {
            absent.insert(Owner::Litep2p, NO_PROTOC.to_owned());
        }
        let mut runner = Self {
            percent,
            go_peer,
            cases: Vec::new(),
        };
        let mut left_out = BTreeMap::<_, BTreeSet<_>>::new();
        for case in cases {
            let (system, scenario) = (case.system, case.scenario);
            if let Some(reason) = absent.get(&system.owner()) {
                left_out.entry((system, reason.as_str())).or_default();
            } else if let Some(reason) = system.why_not(scenario) {
                let scenarios = left_out.entry((system, reason)).or_default();
                scenarios.insert(scenario.name());
            } else {
                runner.cases.push(case);
            }
        }
        for ((system, reason), scenarios) in left_out {
            let scenarios: Vec<_> = scenarios.into_iter().collect();
            eprintln!("left out: {system} {}: {reason}", scenarios.join(", "));
        }
        runner
    }

    /// Returns how many measurements are due.
    pub(crate) fn count(&self, is_due: impl Fn(Case) -> bool) -> usize {
        self.cases.iter().filter(|case| is_due(**case)).count()
    }

    /// Makes each measurement that is due once. One that fails must not cost the others.
    pub(crate) fn round(
        &self,
        round: usize,
        is_due: impl Fn(Case) -> bool,
        mut keep: impl FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        for &case in self.cases.iter().filter(|case| is_due(**case)) {
            let measured = process::measure(&case, self.percent, self.go_peer.as_deref());
            match measured.with_context(|| case.to_string()) {
                Ok(measurement) => keep(Record {
                    case,
                    round,
                    measurement,
                })?,
                Err(error) => eprintln!("{error:#}"),
            }
        }
        Ok(())
    }
}

const NO_PROTOC: &str =
    "built without it, because `protoc` is not installed, see https://protobuf.dev";
