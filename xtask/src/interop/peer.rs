//! A peer: a program on another implementation, with the command line that all peers share.
//!
//! ```text
//! listen [--transport T] [--security S] [--key K]   prints `listening ADDRESS` lines, serves until stdin closes
//! dial ADDRESS [--transport T] [--security S]       tries everything, prints one JSON object, exits with 0 or 1
//! edges ADDRESS [--transport T] [--security S]      opens streams that end in unusual ways, prints one JSON object
//! survive ADDRESS [--transport T] [--security S]    tells what became of a connection, see `checks::edges`
//! unified-test                                      does what its environment says, see `checks::contract`
//! version                                           prints the implementation's name and version
//! ```

use std::process::Command;

use serde::Deserialize;

use crate::error::Error;

use super::install::Program;
use super::plan::{Identity, Stack};

pub(super) struct Peer {
    program: Program,
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

impl DialReport {
    /// Says no when they came no further than a handshake.
    pub(super) fn has_used_streams(&self) -> Result<(), String> {
        if self.identify.is_some() || !self.ping_ms.is_empty() || self.echo.is_some() {
            return Ok(());
        }
        Err(self.error.clone().unwrap_or_default())
    }
}

#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) agent: String,
    pub(super) protocols: Vec<String>,
    pub(super) listen_addresses: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Echoed {
    pub(super) bytes: usize,
}

impl Peer {
    /// Takes the peer as it was installed, and asks it for its version.
    pub(super) fn new(program: Program) -> Result<Self, Error> {
        let version = program.exec().arg("version").output()?.trim().to_owned();
        Ok(Self { program, version })
    }

    /// Returns the implementation's name and version, as it tells them.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn listen(&self, stack: Stack, identity: Identity) -> Command {
        let mut command = self.program.command();
        command.arg("listen").args(stack.options());
        command.args(["--key", identity.name()]);
        command
    }

    pub(super) fn dial(&self, stack: Stack, address: &str) -> Command {
        let mut command = self.program.command();
        command.args(["dial", address]).args(stack.options());
        command
    }

    pub(super) fn edges(&self, stack: Stack, address: &str) -> Command {
        let mut command = self.program.command();
        command.args(["edges", address]).args(stack.options());
        command
    }

    /// Listens with an identity that is the same each time, at a port that may be.
    pub(super) fn listen_again(&self, stack: Stack, port: u16) -> Command {
        let mut command = self.listen_plainly(stack);
        command.args(["--seed", "7", "--port", &port.to_string()]);
        command
    }

    /// Listens with the defaults.
    pub(super) fn listen_plainly(&self, stack: Stack) -> Command {
        let mut command = self.program.command();
        command.arg("listen").args(stack.options());
        command
    }

    /// Only ours has this: echoes with datagrams as on a network.
    pub(super) fn echo_in_small_datagrams(&self, stack: Stack, address: &str) -> Command {
        let mut command = self.program.command();
        command.args(["echo", address]).args(stack.options());
        command.arg("--small-datagrams");
        command
    }

    /// Transfers until the other side is gone, and connects again when told to.
    pub(super) fn survive(&self, stack: Stack, address: &str) -> Command {
        let mut command = self.program.command();
        command.args(["survive", address]).args(stack.options());
        command
    }

    /// Only some have this: what libp2p's own transport test would run, which the environment tells what to do.
    pub(super) fn unified_test(&self) -> Command {
        let mut command = self.program.command();
        command.arg("unified-test");
        command
    }
}
