//! Where the time of a bulk sender and receiver goes: samples by what ran, and system calls by name.

mod perf;
mod samples;
mod strace;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use self::samples::Share;
use crate::case::Case;
use crate::name::Name;
use crate::page::{self, PROFILE};
use crate::report::row;
use crate::scenario::Scenario;
use crate::{Api, Runtime};

#[derive(Args)]
pub(crate) struct Options {
    /// The systems to look at.
    #[arg(long = "system", default_values_t = SYSTEMS)]
    systems: Vec<Name>,
    /// tokio's scheduler.
    #[arg(long, default_value = "mt")]
    runtime: Runtime,
    /// Prints the tables and does not write them into `docs/performance.md`.
    #[arg(long)]
    print: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            systems: SYSTEMS.to_vec(),
            runtime: Runtime::Mt,
            print: false,
        }
    }
}

const SYSTEMS: [Name; 4] = [
    Name::Sinew,
    Name::Quinn,
    Name::Libp2pQuic,
    Name::SinewTcpTls,
];

/// One end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Sender,
    Receiver,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for tool in ["perf", "strace"] {
        is_there(tool)?;
    }
    let folder = std::env::current_exe()?.with_file_name("profile");
    std::fs::create_dir_all(&folder)?;
    let mut columns = Vec::new();
    for &system in &options.systems {
        columns.extend(profile(system, options.runtime, &folder)?);
        eprintln!("{system} is done");
    }
    let text = text(&columns, options.runtime)?;
    if options.print {
        print!("{text}");
        return Ok(());
    }
    page::write(PROFILE, &text)
}

/// A column of both tables.
struct Column {
    head: String,
    samples: usize,
    shares: Vec<Share>,
    /// Names and calls for each GiB.
    calls: Vec<(String, f64)>,
}

fn profile(system: Name, runtime: Runtime, folder: &Path) -> Result<[Column; 2]> {
    let case = Case {
        scenario: Scenario::BulkDown,
        runtime,
        system,
        api: Api::Calls,
    };
    let recorded = perf::record(&case, folder)?;
    let counted = strace::count(&case, folder)?;
    let column = |end: End, recording: &PathBuf, calls| {
        let samples = perf::samples(recording)?;
        anyhow::Ok(Column {
            head: format!("{system}, {}", end.name()),
            samples: samples.len(),
            shares: samples::shares(&samples),
            calls,
        })
    };
    Ok([
        column(End::Sender, &recorded.sender, counted.sender)?,
        column(End::Receiver, &recorded.receiver, counted.receiver)?,
    ])
}

fn text(columns: &[Column], runtime: Runtime) -> Result<String> {
    let mut text = format!(
        "One stream, server to client, with ordinary reads and writes ({}): `cargo xtask bench --profile`. Shares of \
         the samples that `perf record -e cpu-clock -g` took of each process, by the code that ran; in the kernel, by \
         the system call that led there. What has less than half a percent everywhere has no row.\n\n",
        runtime.name()
    );
    let heads = || columns.iter().map(|column| column.head.clone());
    let with_first = |first: &str, rest: Vec<String>| {
        let mut cells = vec![first.to_owned()];
        cells.extend(rest);
        cells
    };
    row(
        &mut text,
        with_first("share of samples, %", heads().collect()),
    )?;
    row(&mut text, vec!["---"; columns.len() + 1])?;
    for group in samples::groups(columns.iter().map(|column| column.shares.as_slice())) {
        let cells = columns.iter().map(|column| {
            let share = column.shares.iter().find(|share| share.group == group);
            share.map_or("–".to_owned(), |share| format!("{:.1}", share.percent))
        });
        row(&mut text, with_first(&group, cells.collect()))?;
    }
    let cells = columns.iter().map(|column| column.samples.to_string());
    row(&mut text, with_first("samples", cells.collect()))?;

    text.push_str(
        "\nSystem calls for each GiB, as `strace -c -f` counts them in a transfer of its own; it slows each call, so \
         that fewer, larger batches are likely.\n\n",
    );
    row(&mut text, with_first("calls per GiB", heads().collect()))?;
    row(&mut text, vec!["---"; columns.len() + 1])?;
    for name in strace::names(columns.iter().map(|column| column.calls.as_slice())) {
        let cells = columns.iter().map(|column| {
            let call = column.calls.iter().find(|(called, _)| *called == name);
            call.map_or("–".to_owned(), |(_, calls)| format!("{calls:.0}"))
        });
        row(&mut text, with_first(&format!("`{name}`"), cells.collect()))?;
    }
    let all = columns.iter().map(|column| {
        let calls: f64 = column.calls.iter().map(|(_, calls)| calls).sum();
        format!("{calls:.0}")
    });
    row(&mut text, with_first("all", all.collect()))?;
    Ok(text)
}

fn is_there(tool: &str) -> Result<()> {
    let status = std::process::Command::new(tool)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .status()
        .with_context(|| format!("`{tool}` is not installed; it comes with the distribution"))?;
    if !status.success() {
        bail!("`{tool} --version` ended with {status}");
    }
    Ok(())
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }
}

/// What was made of each end.
pub(crate) struct Both<T> {
    pub(crate) sender: T,
    pub(crate) receiver: T,
}

/// A share of the usual work, in percent: 512 MiB are enough.
const PERCENT: u64 = 100;
