//! Where and when it was measured, and with what.

use std::fmt;
use std::fs;
use std::process::Command;

use anyhow::Result;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    /// The largest socket buffer that may be asked for, and the one that is given without asking.
    buffers_bytes: (u64, u64),
    rustc: String,
    go: String,
    commit: String,
    date: String,
    rounds: usize,
    percent: u64,
}

impl Machine {
    pub(super) fn this(rounds: usize, percent: u64) -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let memory = fs::read_to_string("/proc/meminfo")?;
        let kernel = |name: &str| {
            let value = fs::read_to_string(format!("/proc/sys/{name}"))?;
            anyhow::Ok(value.trim().to_owned())
        };
        Ok(Self {
            cpu: field(&cpu, "model name").to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            memory_gib: field(&memory, "MemTotal")
                .split(' ')
                .next()
                .map_or(0, |kib| kib.parse().unwrap_or(0) >> 20),
            kernel: kernel("kernel/osrelease")?,
            buffers_bytes: (
                kernel("net/core/rmem_max")?.parse()?,
                kernel("net/core/rmem_default")?.parse()?,
            ),
            rustc: said("rustc", &["--version"]),
            go: said("go", &["version"]),
            commit: commit(),
            date: said("date", &["-u", "+%-d %B %Y"]),
            rounds,
            percent,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu,
            cores,
            memory_gib,
            kernel,
            buffers_bytes: (most, stock),
            rustc,
            go,
            commit,
            date,
            rounds,
            percent,
        } = self;
        writeln!(
            f,
            "Measured on {date}, sources of commit {commit}: {cores} cores of {cpu}, {memory_gib} GiB, Linux {kernel}, \
             socket buffers of {} KiB unless asked for and {} KiB at most; {rustc}, release with thin LTO; {go}.",
            stock / 1024,
            most / 1024,
        )?;
        write!(f, "Rounds: {rounds} at most")?;
        if *percent != 100 {
            write!(f, ", with {percent} % of the work")?;
        }
        writeln!(f, "; a table says in `runs` how many each system had.")
    }
}

/// Returns what stands behind the first `name`.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or("unknown", |(_, value)| value.trim())
}

fn commit() -> String {
    let directory = ["-C", env!("CARGO_MANIFEST_DIR")];
    let commit = said(
        "git",
        &[&directory[..], &["rev-parse", "--short", "HEAD"]].concat(),
    );
    let source = ["--", "../crates", ".", "../Cargo.lock"];
    let changed = [&directory[..], &["status", "--porcelain"], &source].concat();
    if said("git", &changed).is_empty() {
        return commit;
    }
    format!("{commit} with changes")
}

/// Returns what a program prints, or nothing where there is no such program.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let stdout = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&stdout).trim().to_owned()
}
