//! Runs random worlds and scenarios: `cargo xtask sim` calls it.

mod scenario;

use std::{
    fs,
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Parser;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sinew_sim::random::{Failure, Options, Outcome, Plan, run};
use sinew_testkit::Seed;

/// Run random worlds in virtual time and check what must hold in each, or measure scenarios.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
struct Arguments {
    /// How many worlds
    #[arg(long, value_name = "N", default_value_t = 200)]
    seeds: u64,
    /// The seed of the first world; alone, it is the only one
    #[arg(long, value_name = "S")]
    seed: Option<Seed>,
    /// How many hosts each world has [default: two to six]
    #[arg(long, value_name = "N")]
    hosts: Option<usize>,
    /// Print one JSON object per world, and one at the end
    #[arg(long)]
    json: bool,
    /// Say what is planned, before it happens
    #[arg(long)]
    plan: bool,
    /// Write a line for each packet of the world to a file; with --seed
    #[arg(long, value_name = "FILE", requires = "seed")]
    log: Option<PathBuf>,
    /// Measure a scenario instead, or `all`; `list` names them
    #[arg(long, value_name = "NAME", conflicts_with_all = ["seed", "hosts", "plan", "log"])]
    scenario: Option<String>,
    /// Keep what a scenario says as its snapshot
    #[arg(long, requires = "scenario")]
    update: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.scenario {
        return scenario::run(name, arguments.json, arguments.update, Instant::now);
    }
    let started = Instant::now();
    let (outcomes, failures) = worlds(&arguments);
    if let Some(file) = &arguments.log {
        let logs = outcomes.iter().map(|it| &it.log);
        let logs = logs.chain(failures.iter().map(|it| &it.log));
        let lines: Vec<_> = logs.flatten().map(String::as_str).collect();
        if let Err(error) = fs::write(file, lines.join("\n")) {
            eprintln!("error: cannot write {}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    }
    let summary = Summary::of(&outcomes, failures.len(), started.elapsed().as_secs_f64());
    if arguments.json {
        for outcome in &outcomes {
            print_json(outcome);
        }
        print_json(&summary);
    } else {
        summary.print();
    }
    for failure in &failures {
        eprintln!("error: {failure}");
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the worlds on all cores, and returns them in the order of their seeds.
fn worlds(arguments: &Arguments) -> (Vec<Outcome>, Vec<Failure>) {
    let seeds = match arguments.seed {
        Some(seed) => seed.value()..seed.value().saturating_add(1),
        None => 0..arguments.seeds,
    };
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let done = Mutex::new((Vec::new(), Vec::new()));
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let plan = Plan::draw(Seed::new(seed), arguments.hosts);
                    if arguments.plan {
                        eprintln!("{plan:#?}");
                    }
                    let options = Options {
                        hosts: arguments.hosts,
                        keep_log: arguments.log.is_some(),
                    };
                    let result = run(&plan, options);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(outcome) => done.0.push(outcome),
                        Err(failure) => done.1.push(failure),
                    }
                    // What is systematically wrong need not be shown a thousand times.
                    is_over.fetch_or(done.1.len() >= MAX_FAILURES, Ordering::Relaxed);
                }
            });
        }
    });
    let (mut outcomes, mut failures) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|outcome| outcome.seed);
    failures.sort_by_key(|failure| failure.seed);
    (outcomes, failures)
}

/// All worlds together.
#[derive(Debug, Serialize)]
struct Summary {
    worlds: usize,
    failed: usize,
    hosts: usize,
    virtual_hours: f64,
    seconds: f64,
    packets: u64,
    jobs: u64,
    letters: u64,
    left: u64,
    failures: u64,
    /// Identifies everything that happened in all worlds.
    digest: String,
}

impl Summary {
    fn of(outcomes: &[Outcome], failed: usize, seconds: f64) -> Self {
        let sum = |count: fn(&Outcome) -> u64| outcomes.iter().map(count).sum();
        let mut digest = Sha256::new();
        for outcome in outcomes {
            digest.update(&outcome.digest);
        }
        let digest: [u8; 32] = digest.finalize().into();
        Self {
            worlds: outcomes.len() + failed,
            failed,
            hosts: outcomes.iter().map(|it| it.hosts).sum(),
            virtual_hours: outcomes.iter().map(|it| it.virtual_seconds).sum::<f64>() / 3600.0,
            seconds,
            packets: sum(|it| it.packets),
            jobs: sum(|it| it.tally.jobs),
            letters: sum(|it| it.tally.letters),
            left: sum(|it| it.tally.left),
            failures: sum(|it| it.tally.failures),
            digest: digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }

    fn print(&self) {
        println!(
            "{} worlds, {} hosts, {:.1} virtual hours, {} packets in {:.1} s; {} failed",
            self.worlds, self.hosts, self.virtual_hours, self.packets, self.seconds, self.failed
        );
        println!(
            "{} jobs: {} letters confirmed, {} left, {} failed because something went wrong",
            self.jobs, self.letters, self.left, self.failures
        );
        println!("digest {}", self.digest);
    }
}

fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("cannot print a result: {error}"),
    }
}

const MAX_FAILURES: usize = 10;
