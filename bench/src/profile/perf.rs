//! Records both processes with `perf`, and reads the samples.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Result, bail};

use super::{Both, PERCENT};
use crate::case::Case;
use crate::process::{self, Server};

/// A stack, innermost frame first.
pub(super) type Sample = Vec<Frame>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) symbol: String,
    /// The program or library, or the kernel.
    pub(super) object: String,
}

/// Records a transfer, and returns the recordings' files.
pub(super) fn record(case: &Case, folder: &Path) -> Result<Both<PathBuf>> {
    let both = Both {
        sender: folder.join(format!("{}-sender.perf", case.system)),
        receiver: folder.join(format!("{}-receiver.perf", case.system)),
    };
    let program = process::program(case, None)?;
    let server = Server::start(&program, case, PERCENT)?;
    let mut of_server = perf(&both.sender);
    of_server.args(["-p", &server.pid().to_string()]);
    let mut of_server = of_server.spawn()?;
    let client = process::client(&program, case, PERCENT, &server);
    let mut of_client = perf(&both.receiver);
    of_client.arg("--").arg(client.get_program());
    of_client.args(client.get_args());
    let status = of_client.status();
    // With its process, the recording ends.
    drop(server);
    wait(&mut of_server)?;
    let status = status?;
    if !status.success() {
        bail!("`perf record` of the client ended with {status}");
    }
    Ok(both)
}

fn perf(file: &Path) -> Command {
    let mut command = Command::new("perf");
    command.args(["record", "-q", "-e", "cpu-clock", "-F", "1999", "-g", "-o"]);
    command
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn wait(recorder: &mut Child) -> Result<()> {
    let status = recorder.wait()?;
    if !status.success() {
        bail!("`perf record` of the server ended with {status}");
    }
    Ok(())
}

pub(super) fn samples(recording: &Path) -> Result<Vec<Sample>> {
    let output = Command::new("perf")
        .args(["script", "-F", "ip,sym,dso", "-i"])
        .arg(recording)
        .stderr(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("`perf script` ended with {}", output.status);
    }
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

/// Samples are parted by empty lines; a frame is its address, its symbol and its object in parentheses.
fn parse(script: &str) -> Vec<Sample> {
    let mut samples = vec![Sample::new()];
    for line in script.lines() {
        match frame(line.trim()) {
            Some(frame) => samples
                .last_mut()
                .into_iter()
                .for_each(|sample| sample.push(frame.clone())),
            None => samples.push(Sample::new()),
        }
    }
    samples.retain(|sample| !sample.is_empty());
    samples
}

fn frame(line: &str) -> Option<Frame> {
    let (_, rest) = line.split_once(' ')?;
    let (symbol, object) = rest.rsplit_once(" (")?;
    Some(Frame {
        symbol: symbol.to_owned(),
        object: object.trim_end_matches(')').to_owned(),
    })
}

#[cfg(test)]
mod tests;
