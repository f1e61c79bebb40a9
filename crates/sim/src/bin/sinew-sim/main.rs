//! The program that runs random worlds and measures scenarios: `cargo xtask sim` calls it.

mod measure;
mod summary;
mod worlds;

use std::{fs, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use serde::Serialize;
use sinew_testkit::Seed;

use summary::Summary;
use worlds::Worlds;

/// Scenarios tell how large the heap is.
#[global_allocator]
static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;

/// Run random worlds in virtual time and check what must hold in each, or measure scenarios.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
struct Arguments {
    /// How many worlds [default: 200; 1 with --seed]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// The seed of the first world; those of the others follow
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
        return measure::run(name, arguments.json, arguments.update, Instant::now);
    }
    let started = Instant::now();
    let worlds = Worlds::run(&arguments);
    if let Some(file) = &arguments.log
        && let Err(error) = fs::write(file, worlds.log())
    {
        eprintln!("error: cannot write {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    let summary = Summary::of(&worlds, started.elapsed().as_secs_f64());
    if arguments.json {
        worlds.outcomes.iter().for_each(print_json);
        print_json(&summary);
    } else {
        summary.print();
    }
    for failure in &worlds.failures {
        eprintln!("error: {failure}");
    }
    if worlds.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("cannot print a result: {error}"),
    }
}
