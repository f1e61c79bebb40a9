//! Counts the system calls of both processes with `strace`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Both, PERCENT};
use crate::case::Case;
use crate::meter::Measurement;
use crate::process::{self, Server};

/// Names and calls for each GiB.
type Calls = Vec<(String, f64)>;

pub(super) fn count(case: &Case, folder: &Path) -> Result<Both<Calls>> {
    let (sender, receiver) = (
        folder.join(format!("{}-sender.strace", case.system)),
        folder.join(format!("{}-receiver.strace", case.system)),
    );
    let program = process::program(case, None)?;
    let server = Server::start(&program, case, PERCENT)?;
    let mut of_server = strace(&sender)
        .args(["-p", &server.pid().to_string()])
        .spawn()?;
    // It has to attach to each thread before there is something to count.
    std::thread::sleep(Duration::from_millis(500));
    let client = process::client(&program, case, PERCENT, &server);
    let output = strace(&receiver)
        .arg(client.get_program())
        .args(client.get_args())
        .stdout(Stdio::piped())
        .output();
    drop(server);
    of_server.wait()?;
    let output = output?;
    if !output.status.success() {
        bail!("`strace` of the client ended with {}", output.status);
    }
    let measured: Measurement = serde_json::from_slice(&output.stdout)?;
    // The warm-up is a tenth of the work.
    let gib = measured.units * 1.1;
    let calls = |file: &Path| anyhow::Ok(parse(&fs::read_to_string(file)?, gib));
    Ok(Both {
        sender: calls(&sender)?,
        receiver: calls(&receiver)?,
    })
}

fn strace(file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-c", "-f", "-o"]).arg(file);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Reads lines of `% time  seconds  usecs/call  calls  [errors]  syscall`.
fn parse(summary: &str, gib: f64) -> Calls {
    let line = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let calls: f64 = words.get(3)?.parse().ok()?;
        let name = *words.last()?;
        (words.len() >= 5 && name != "total").then(|| (name.to_owned(), calls / gib))
    };
    summary.lines().filter_map(line).collect()
}

/// Returns the calls that matter in any of the columns, the most frequent first.
pub(super) fn names<'a>(columns: impl Iterator<Item = &'a [(String, f64)]>) -> Vec<String> {
    let mut most = BTreeMap::<&str, f64>::new();
    for (name, calls) in columns.flatten() {
        let entry = most.entry(name).or_default();
        *entry = entry.max(*calls);
    }
    let mut names: Vec<_> = most.into_iter().collect();
    names.retain(|(_, calls)| *calls >= FEWEST);
    names.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// Calls per GiB, below which one has no row.
const FEWEST: f64 = 100.0;
