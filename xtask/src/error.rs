//! What can end a command, and how it is told to the person who ran it.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A program could not be started at all.
    #[error("cannot start `{program}`")]
    Start { program: String, source: io::Error },
    /// A toolchain that a command builds on is not there.
    #[error("`{program}` is not installed; this needs {wanted}")]
    Missing {
        program: &'static str,
        wanted: &'static str,
    },
    /// A program ran and said no.
    #[error("`{command}` ended with {status}")]
    Failed { command: String, status: ExitStatus },
    /// A file of the repository could not be read.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file or folder could not be written or removed.
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// `cargo metadata` answered with something else than its documented form.
    #[error("cannot understand the output of cargo metadata")]
    Metadata(#[from] serde_json::Error),
    /// A crate was named that the workspace does not have.
    #[error("no crate is named `{0}`")]
    UnknownCrate(String),
    /// A fuzz target was named that there is not.
    #[error("there is no fuzz target `{name}`; there are {known}")]
    UnknownTarget { name: String, known: String },
    /// `rustc -vV` did not name a host.
    #[error("rustc does not say for which machine it is")]
    NoHost,
    /// One of our own checks found something. Each finding is a line for the reader.
    #[error("{check} found {} problem(s)", findings.len())]
    Findings {
        check: &'static str,
        findings: Vec<String>,
    },
    /// A step of a longer run did not pass.
    #[error("step `{step}` failed; to repeat it alone: {repeat}")]
    Step {
        step: &'static str,
        repeat: String,
        source: Box<Error>,
    },
    /// A filter that should select tests selected none.
    #[error("`{command}` ran no test")]
    NoTestRan { command: String },
}

impl Error {
    /// Makes an error of the findings, if there are any.
    pub(crate) fn unless_empty(check: &'static str, findings: Vec<String>) -> Result<(), Self> {
        if findings.is_empty() {
            return Ok(());
        }
        Err(Self::Findings { check, findings })
    }

    /// Prints the error, its findings and its causes, innermost first, so that the advice comes last.
    pub(crate) fn print(&self) {
        if let Self::Step { source, .. } = self {
            source.print();
        }
        if let Self::Findings { findings, .. } = self {
            for finding in findings {
                eprintln!("  {finding}");
            }
        }
        eprintln!("xtask: {self}");
        if matches!(self, Self::Step { .. }) {
            return;
        }
        let mut cause = self.source();
        while let Some(error) = cause {
            eprintln!("  because: {error}");
            cause = error.source();
        }
    }
}
