//! A peer: a program on another implementation, with the command line that all peers share.
//!
//! ```text
//! listen [--transport T] [--key K]   prints `listening ADDRESS` lines, serves until stdin closes
//! dial ADDRESS [--key K]             tries everything, prints one JSON object, exits with 0 or 1
//! version                            prints the implementation's name and version
//! ```

use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

use super::plan::{Identity, Implementation, Transport};

pub(super) struct Peer {
    program: PathBuf,
    version: String,
}

/// What `dial` prints: the parts that it reached, and the error that ended it.
#[derive(Deserialize)]
pub(super) struct DialReport {
    pub(super) ok: bool,
    pub(super) identify: Option<Identified>,
    #[serde(default)]
    pub(super) ping_ms: Vec<f64>,
    pub(super) echo: Option<Echoed>,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) agent: String,
    pub(super) protocols: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Echoed {
    pub(super) bytes: usize,
}

impl Peer {
    /// Builds the peer, from the registry and its lock file.
    pub(super) fn build(
        implementation: Implementation,
        workspace: &Workspace,
    ) -> Result<Self, Error> {
        let program = match implementation {
            Implementation::Rust => build_rust(workspace)?,
        };
        let version = Exec::new(&program)
            .arg("version")
            .output()?
            .trim()
            .to_owned();
        Ok(Self { program, version })
    }

    /// Returns the implementation's name and version, as it tells them.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn listen(&self, transport: Transport, identity: Identity) -> Command {
        let mut command = Command::new(&self.program);
        command.args([
            "listen",
            "--transport",
            transport.name(),
            "--key",
            identity.name(),
        ]);
        command
    }

    pub(super) fn dial(&self, transport: Transport, address: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["dial", address, "--transport", transport.name()]);
        command
    }
}

fn build_rust(workspace: &Workspace) -> Result<PathBuf, Error> {
    let target = workspace.target.join("peers").join("rust");
    Exec::cargo()
        .words("build --quiet --locked --target-dir")
        .arg(&target)
        .directory(&workspace.root.join("interop").join("rust"))
        .run()?;
    Ok(executable(target.join("debug").join("interop-rust")))
}

/// Appends what the platform appends to the names of programs.
pub(super) fn executable(mut path: PathBuf) -> PathBuf {
    path.set_extension(std::env::consts::EXE_EXTENSION);
    path
}
