//! Why a command failed, for the person who typed it.

use std::{
    error::Error,
    fmt,
    io::{self, Write as _},
};

use serde::Serialize;

use crate::{Context, arguments::LogFormat};

/// Why a command failed, who is at fault, and what to try.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "failed")]
pub(crate) struct Failure {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    WrongPeer,
    Refused,
    Unreachable,
    Timeout,
    NoCommonProtocol,
    BadCertificate,
    CertificateTime,
    BadAddress,
    Closed,
    Violation,
    Local,
    File,
    Mismatch,
    Interrupted,
    /// stdout was closed: nobody wants the results.
    Output,
}

/// Who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// What was typed, or this machine.
    Us,
    /// The other end.
    Peer,
    /// What lies in between, or one of the ends being away.
    Network,
    /// Cannot be told from here.
    Unknown,
}

impl Failure {
    pub(crate) fn new(kind: Kind, fault: Fault, message: impl Into<String>) -> Self {
        Self {
            kind,
            fault: Some(fault),
            message: message.into(),
            advice: None,
        }
    }

    /// Something on this machine failed.
    pub(crate) fn local(what: &str, error: &dyn Error) -> Self {
        Self::new(
            Kind::Local,
            Fault::Us,
            format!("{what}: {}", sentence(error)),
        )
    }

    /// A file could not be used.
    pub(crate) fn file(error: &dyn Error) -> Self {
        Self::new(Kind::File, Fault::Us, sentence(error))
    }

    /// The person ended the command.
    pub(crate) fn interrupted() -> Self {
        Self {
            kind: Kind::Interrupted,
            fault: None,
            message: "interrupted".into(),
            advice: None,
        }
    }

    pub(crate) fn output(error: io::Error) -> Self {
        Self::new(
            Kind::Output,
            Fault::Us,
            format!("cannot write to stdout: {error}"),
        )
    }

    /// Says which address or file it is about.
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Says that it is one of several.
    pub(crate) fn counted(mut self, failed: usize, all: usize) -> Self {
        self.message = format!("{failed} of {all} failed; the last: {}", self.message);
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Says whether the person ended the command.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    /// Says whether nothing more can be done with the same peer at once.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self.kind,
            Kind::Closed | Kind::NoCommonProtocol | Kind::Violation
        )
    }

    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    #[cfg(test)]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    #[cfg(test)]
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Tells the person on stderr, in the form of the logs there, and with `--json` the program on stdout.
    pub(crate) fn report(&self, context: &Context) {
        // A closed pipe (`sinew … | head -1`) is no failure to speak of.
        if self.kind == Kind::Output {
            return;
        }
        context.bars.suspend(|| {
            let mut stderr = io::stderr().lock();
            // There is nobody left to tell that nobody can be told.
            match context.log_format {
                LogFormat::Text => writeln!(stderr, "error: {self}").ok(),
                LogFormat::Json => serde_json::to_string(&Logged::new(self))
                    .ok()
                    .and_then(|line| writeln!(stderr, "{line}").ok()),
            }
        });
        if context.output.is_json() {
            context.print(self).ok();
        }
    }
}

/// A failure among logs.
#[derive(Serialize)]
struct Logged<'a> {
    level: &'static str,
    #[serde(flatten)]
    failure: &'a Failure,
}

impl<'a> Logged<'a> {
    fn new(failure: &'a Failure) -> Self {
        Self {
            level: "ERROR",
            failure,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(fault) = self.fault {
            write!(f, "\n  at fault: {fault}")?;
        }
        if let Some(advice) = &self.advice {
            write!(f, "\n  what to do: {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Us => "this side",
            Self::Peer => "the peer",
            Self::Network => "the network, or the peer is away",
            Self::Unknown => "cannot be told from here",
        })
    }
}

/// Puts an error and its causes into one sentence; a cause that only repeats is left out.
pub(crate) fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
