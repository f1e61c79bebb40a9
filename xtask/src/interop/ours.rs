//! Our side: the `sinew` program, with one key file for each type of identity.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

use super::install::executable;
use super::plan::{Identity, Stack};

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
            ours.make_key(identity, workspace)?;
        }
        Ok(ours)
    }

    pub(super) fn node(&self, stack: Stack, identity: Identity) -> Command {
        let mut command = self.command("node", stack, identity);
        command.args(["--listen", stack.listen_address()]);
        command.env("RUST_LOG", "debug");
        command
    }

    pub(super) fn ping(&self, stack: Stack, identity: Identity, address: &str) -> Command {
        let mut command = self.command("ping", stack, identity);
        command.args([address, "-c", "5", "-i", "0.05", "--json"]);
        command
    }

    pub(super) fn identify(&self, stack: Stack, identity: Identity, address: &str) -> Command {
        let mut command = self.command("identify", stack, identity);
        command.args([address, "--json"]);
        command
    }

    pub(super) fn echo(
        &self,
        stack: Stack,
        identity: Identity,
        address: &str,
        size_bytes: usize,
    ) -> Command {
        let mut command = self.command("echo", stack, identity);
        command.args([address, "--size", &size_bytes.to_string(), "--json"]);
        command
    }

    fn make_key(&self, identity: Identity, workspace: &Workspace) -> Result<(), Error> {
        let path = self.key(identity);
        if identity == Identity::Rsa {
            return import_rsa_key(workspace, &path);
        }
        Exec::new(&self.program)
            .words("key generate --type")
            .arg(identity.name())
            .arg(path)
            .output()?;
        Ok(())
    }

    fn command(&self, name: &str, stack: Stack, identity: Identity) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).arg("--key").arg(self.key(identity));
        command.args(stack.options());
        command
    }

    fn key(&self, identity: Identity) -> PathBuf {
        self.keys.join(format!("{identity}.key"))
    }
}

fn build(workspace: &Workspace) -> Result<PathBuf, Error> {
    Exec::cargo()
        .words("build --quiet --package sinew-cli")
        .stdout_to_stderr()
        .run()?;
    Ok(executable(workspace.target.join("debug").join("sinew")))
}

/// Writes a published test key, in the form in which libp2p implementations store keys, to `path`.
fn import_rsa_key(workspace: &Workspace, path: &Path) -> Result<(), Error> {
    let source = workspace.root.join(RSA_KEY);
    let read = fs::read_to_string(&source)
        .and_then(|text| from_hex(&text).ok_or_else(|| io::ErrorKind::InvalidData.into()));
    let key = read.map_err(|error| Error::Read {
        path: source,
        source: error,
    })?;
    let written = new_private_file(path).and_then(|mut file| file.write_all(&key));
    written.map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

/// Our program refuses a key that others may read.
fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Returns the bytes of `text`, unless there is something else in it than pairs of hexadecimal digits on lines.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.lines().flat_map(|line| line.as_bytes().chunks(2));
    pairs
        .map(|pair| {
            let digits = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        })
        .collect()
}

/// A private key of 2048 bits or more, made by another implementation and published as a test vector.
const RSA_KEY: &str = "crates/tls/testdata/rsa-private-key.hex";

#[cfg(test)]
mod tests;
