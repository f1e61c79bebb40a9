//! The two processes of a measurement: a server that is killed in the end, and a client that tells the result.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::case::Case;
use crate::meter::Measurement;
use crate::name::Owner;

/// Makes one measurement.
pub(crate) fn measure(case: &Case, percent: u64, go_peer: Option<&Path>) -> Result<Measurement> {
    let program = program(case, go_peer)?;
    let server = Server::start(&program, case, percent)?;
    let mut client = client(&program, case, percent, &server);
    let output = client.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the client ended with {}", output.status);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Returns what both ends of a case are run by.
pub(crate) fn program(case: &Case, go_peer: Option<&Path>) -> Result<PathBuf> {
    match case.system.owner() {
        Owner::GoLibp2p => Ok(go_peer.context("the Go peer is not built")?.to_owned()),
        _ => Ok(std::env::current_exe()?),
    }
}

/// Returns the command of the client, which prints a measurement.
pub(crate) fn client(program: &Path, case: &Case, percent: u64, server: &Server) -> Command {
    let mut command = Command::new(program);
    command.args(["measure", &case.system.name(), case.scenario.name()]);
    let pid = server.pid().to_string();
    command.args(["--server", &server.address, "--server-pid", &pid]);
    add_settings(&mut command, case, percent);
    command
}

/// Killed when dropped.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(program: &Path, case: &Case, percent: u64) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", &case.system.name()]);
        add_settings(&mut command, case, percent);
        let mut server = Self {
            process: command.stdout(Stdio::piped()).spawn()?,
            address: String::new(),
        };
        let stdout = server.process.stdout.take().context("no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .strip_prefix("ready ")
            .context("the server did not start")?;
        address.trim().clone_into(&mut server.address);
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn add_settings(command: &mut Command, case: &Case, percent: u64) {
    command.args(["--runtime", case.runtime.name(), "--api", case.api.name()]);
    command.args(["--buffers", case.scenario.buffers().name()]);
    let servers = case.scenario.servers(percent).to_string();
    command.args(["--servers", &servers]);
    command.args(["--percent", &percent.to_string()]);
}
