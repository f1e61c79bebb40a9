//! Measures all that `docs/performance.md` tells, and writes it there, with plots.

mod chart;
mod goal;
mod loss;
mod machine;
mod missed;
mod plan;
mod plots;
mod rows;
mod text;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Args;

use self::loss::Loss;
use self::machine::Machine;
use self::missed::Notes;
use self::text::Beside;
use crate::case::Record;
use crate::profile;
use crate::report::Report;
use crate::run::Runner;

#[derive(Args)]
pub(crate) struct Options {
    /// Two rounds in place of five.
    #[arg(long)]
    quick: bool,
    /// How often each measurement is made; some are made less often.
    #[arg(long, default_value_t = 5, conflicts_with = "quick")]
    rounds: usize,
    /// Does this share of the usual work, in percent.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// Writes what an earlier run kept, and measures nothing.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let kept = match &options.from {
        Some(file) => file.clone(),
        None => measure(options)?,
    };
    let (machine, report) = read(&kept)?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let plots = docs.join("performance");
    fs::create_dir_all(&plots)?;
    plots::draw(&report, &plots)?;
    let snapshot = fs::read_to_string(docs.join("../crates/sim/snapshots/throughput.md"))?;
    let notes = fs::read_to_string(plots.join("missed.md"))?;
    let beside = Beside {
        loss: Loss::read(&snapshot)?,
        notes: Notes::read(&notes),
    };
    let measured = text::measured(&machine, &report, &beside)?;
    write(MEASURED, &measured)?;
    if options.from.is_none() {
        let profiled = profile::run(&profile::Options::default());
        // The rest of the page stands without it.
        profiled.unwrap_or_else(|error| eprintln!("no profile: {error:#}"));
    }
    Ok(())
}

/// Writes a generated part into the page.
pub(crate) fn write(part: &str, text: &str) -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let before = fs::read_to_string(&page).context("docs/performance.md cannot be read")?;
    fs::write(&page, text::replaced(&before, part, text)?)?;
    Ok(())
}

/// What the generated parts are called in their marks.
const MEASURED: &str = "measured";

/// See [`MEASURED`].
pub(crate) const PROFILE: &str = "profile";

/// Makes all measurements, and returns the file that keeps them: the machine in the first line, a record in each further.
fn measure(options: &Options) -> Result<PathBuf> {
    let rounds = if options.quick { 2 } else { options.rounds };
    let path = std::env::current_exe()?.with_file_name("page.jsonl");
    let mut file = BufWriter::new(File::create(&path)?);
    let machine = Machine::this(rounds, options.percent)?;
    writeln!(file, "{}", serde_json::to_string(&machine)?)?;
    let runner = Runner::new(options.percent, plan::cases());
    let is_due = |round, case| round < plan::most_rounds(case);
    let all: usize = (0..rounds)
        .map(|round| runner.count(|case| is_due(round, case)))
        .sum();
    let started = Instant::now();
    let mut done = 0;
    for round in 0..rounds {
        runner.round(
            round,
            |case| is_due(round, case),
            |record| {
                writeln!(file, "{}", serde_json::to_string(&record)?)?;
                done += 1;
                let (case, gone) = (record.case, started.elapsed().as_secs());
                eprintln!(
                    "{:>2}:{:02} {done} of {all}, round {} of {rounds}: {case}",
                    gone / 60,
                    gone % 60,
                    round + 1
                );
                Ok(())
            },
        )?;
    }
    file.flush()?;
    Ok(path)
}

fn read(kept: &Path) -> Result<(Machine, Report)> {
    let file = File::open(kept).with_context(|| kept.display().to_string())?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().context("the file is empty")??;
    let machine = serde_json::from_str(&first).context("the first line is not the machine")?;
    let mut report = Report::default();
    for line in lines {
        let record: Record = serde_json::from_str(&line?)?;
        report.add(record);
    }
    Ok((machine, report))
}
