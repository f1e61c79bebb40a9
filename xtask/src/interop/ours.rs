//! Our side: the `sinew` program, with one key file for each type of identity.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

use super::peer::executable;
use super::plan::{Identity, Transport};

pub(super) struct Ours {
    program: PathBuf,
    keys: PathBuf,
}

impl Ours {
    /// Builds the program, unless one is given, and generates the keys into `logs`.
    pub(super) fn new(
        workspace: &Workspace,
        program: Option<&Path>,
        logs: &Path,
    ) -> Result<Self, Error> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => build(workspace)?,
        };
        let ours = Self {
            program,
            keys: logs.to_owned(),
        };
        for identity in Identity::ALL {
            Exec::new(&ours.program)
                .words("key generate --type")
                .arg(identity.name())
                .arg(ours.key(identity))
                .output()?;
        }
        Ok(ours)
    }

    pub(super) fn node(&self, transport: Transport, identity: Identity) -> Command {
        let mut command = self.command("node", identity);
        command.args(["--listen", transport.listen_address()]);
        command.env("RUST_LOG", "debug");
        command
    }

    pub(super) fn ping(&self, identity: Identity, address: &str) -> Command {
        let mut command = self.command("ping", identity);
        command.args([address, "-c", "5", "-i", "0.05", "--json"]);
        command
    }

    pub(super) fn identify(&self, identity: Identity, address: &str) -> Command {
        let mut command = self.command("identify", identity);
        command.args([address, "--json"]);
        command
    }

    pub(super) fn echo(&self, identity: Identity, address: &str, size_bytes: usize) -> Command {
        let mut command = self.command("echo", identity);
        command.args([address, "--size", &size_bytes.to_string(), "--json"]);
        command
    }

    fn command(&self, name: &str, identity: Identity) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).arg("--key").arg(self.key(identity));
        command
    }

    fn key(&self, identity: Identity) -> PathBuf {
        self.keys.join(format!("{identity}.key"))
    }
}

fn build(workspace: &Workspace) -> Result<PathBuf, Error> {
    Exec::cargo()
        .words("build --quiet --package sinew-cli")
        .run()?;
    Ok(executable(workspace.target.join("debug").join("sinew")))
}
