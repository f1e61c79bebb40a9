//! Starts other programs, with an environment in which cargo's caches stay valid.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// A command line that knows how to print itself so that a person can paste it.
pub(crate) struct Exec {
    command: Command,
    /// What was added to the environment, for printing.
    environment: Vec<(String, String)>,
}

impl Exec {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        // `cargo run` sets these for us. Build scripts of dependencies watch some of them, so passing them
        // on would build those crates again whenever cargo is called through us.
        for (name, _) in std::env::vars_os() {
            if is_set_by_cargo_run(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        Self {
            command,
            environment: Vec::new(),
        }
    }

    pub(crate) fn cargo() -> Self {
        Self::new("cargo")
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds the words of `line`, which are parted by spaces.
    pub(crate) fn words(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.command.env(name, &value);
        self.environment.push((name.to_owned(), value));
        self
    }

    pub(crate) fn directory(mut self, path: &Path) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Sends what the program prints to our stderr, because our stdout is for results.
    pub(crate) fn stdout_to_stderr(mut self) -> Self {
        self.command.stdout(std::io::stderr());
        self
    }

    /// Runs to the end; what the program prints goes where ours goes.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        eprintln!("    {self}");
        let status = self.command.status().map_err(|e| self.cannot_start(e))?;
        self.check(status)
    }

    /// Runs to the end and returns stdout; stderr goes where ours goes.
    pub(crate) fn output(mut self) -> Result<String, Error> {
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().map_err(|e| self.cannot_start(e))?;
        self.check(output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs to the end, shows each line of stdout as it comes, and returns them all.
    pub(crate) fn run_and_capture(mut self) -> Result<String, Error> {
        eprintln!("    {self}");
        self.command.stdout(Stdio::piped());
        let mut child = self.command.spawn().map_err(|e| self.cannot_start(e))?;
        let mut captured = String::new();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                println!("{line}");
                captured.push_str(&line);
                captured.push('\n');
            }
        }
        let status = child.wait().map_err(|e| self.cannot_start(e))?;
        self.check(status)?;
        Ok(captured)
    }

    /// Runs to the end, and writes what the program prints to a file.
    pub(crate) fn run_into(mut self, log: &Path) -> Result<(), Error> {
        eprintln!("    {self}");
        let cannot_write = |source| Error::Write {
            path: log.to_owned(),
            source,
        };
        let file = File::create(log).map_err(cannot_write)?;
        let copy = file.try_clone().map_err(cannot_write)?;
        self.command.stdout(file).stderr(copy);
        let status = self.command.status().map_err(|e| self.cannot_start(e))?;
        self.check(status)
    }

    /// Runs to the end, shows nothing, and returns whether the program was there and said yes.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn check(&self, status: std::process::ExitStatus) -> Result<(), Error> {
        if status.success() {
            return Ok(());
        }
        Err(Error::Failed {
            command: self.to_string(),
            status,
        })
    }

    fn cannot_start(&self, source: std::io::Error) -> Error {
        Error::Start {
            program: self.command.get_program().to_string_lossy().into_owned(),
            source,
        }
    }
}

impl fmt::Display for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", self.command.get_program().to_string_lossy())?;
        for argument in self.command.get_args() {
            write!(f, " {}", quoted(&argument.to_string_lossy()))?;
        }
        Ok(())
    }
}

fn quoted(word: &str) -> String {
    if word.contains(' ') {
        return format!("'{word}'");
    }
    word.to_owned()
}

fn is_set_by_cargo_run(name: &str) -> bool {
    const NAMES: [&str; 4] = [
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "OUT_DIR",
    ];
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || NAMES.contains(&name)
}
