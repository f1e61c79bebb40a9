//! What came of every cell, for people and for programs.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::plan::{Check, Row, Suite};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// Passed, and how long it took is worth telling.
    PassedIn(Measured),
    Failed(String),
    /// It could not be tried.
    NotRun(String),
    /// The peer has no such thing, so nothing is missing.
    NotSupported(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) ms: u64,
    /// How often it was tried, where that may be more than once.
    pub(super) attempts: Option<u64>,
}

#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Line>,
}

struct Line {
    row: Row,
    version: String,
    cells: Vec<(Check, Outcome)>,
}

impl Table {
    /// Takes the outcomes of a row in, and returns a line for whoever watches.
    pub(super) fn add(&mut self, row: Row, version: &str, outcomes: Vec<Outcome>) -> String {
        let line = Line {
            row,
            version: version.to_owned(),
            cells: row.checks().into_iter().zip(outcomes).collect(),
        };
        let text = line.to_string();
        self.rows.push(line);
        text
    }

    pub(super) fn ran(&self) -> usize {
        self.outcomes()
            .filter(|outcome| outcome.has_passed() || matches!(outcome, Outcome::Failed(_)))
            .count()
    }

    pub(super) fn passed(&self) -> usize {
        self.outcomes()
            .filter(|outcome| outcome.has_passed())
            .count()
    }

    /// Returns a sentence for each cell that did not pass, and one if fewer than `known` ran.
    pub(super) fn failures(&self, known: usize) -> Vec<String> {
        let mut failures: Vec<_> = self.rows.iter().flat_map(Line::failures).collect();
        if self.ran() < known {
            failures.push(format!("{} of {known} known cells ran", self.ran()));
        }
        failures
    }

    /// Returns one JSON object a cell, one a line.
    pub(super) fn to_json(&self) -> String {
        let mut text = String::new();
        for line in &self.rows {
            for (check, outcome) in &line.cells {
                text.push_str(&line.cell_to_json(*check, outcome).to_string());
                text.push('\n');
            }
        }
        text
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.rows
            .iter()
            .flat_map(|line| line.cells.iter().map(|(_, outcome)| outcome))
    }
}

impl Line {
    fn failures(&self) -> impl Iterator<Item = String> {
        self.cells
            .iter()
            .filter_map(|(check, outcome)| match outcome {
                Outcome::Passed | Outcome::PassedIn(_) | Outcome::NotSupported(_) => None,
                Outcome::Failed(why) => Some(format!("{}: {check} failed: {why}", self.row.slug())),
                Outcome::NotRun(why) => {
                    Some(format!("{}: {check} did not run: {why}", self.row.slug()))
                }
            })
    }

    fn cell_to_json(&self, check: Check, outcome: &Outcome) -> serde_json::Value {
        let why = match outcome {
            Outcome::Passed | Outcome::PassedIn(_) => None,
            Outcome::Failed(why) | Outcome::NotRun(why) => Some(why.as_str()),
            Outcome::NotSupported(why) => Some(*why),
        };
        let measured = outcome.measured();
        let has_seen_muxer = check == Check::Muxer && outcome.has_passed();
        serde_json::json!({
            "peer": self.row.implementation.to_string(),
            "version": self.version,
            "stack": self.row.stack.to_string(),
            "direction": self.row.direction.to_string(),
            // What was wanted is what was seen.
            "muxer": has_seen_muxer.then(|| self.row.muxer_choice().name()),
            "identity": self.row.identity.to_string(),
            "check": check.to_string(),
            "outcome": outcome.name(),
            "why": why,
            "ms": measured.map(|measured| measured.ms),
            "attempts": measured.and_then(|measured| measured.attempts),
        })
    }
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Passed | Self::PassedIn(_) => "passed",
            Self::Failed(_) => "failed",
            Self::NotRun(_) => "not run",
            Self::NotSupported(_) => "not supported",
        }
    }

    /// Returns whether nobody needs to look at its logs.
    pub(super) fn is_settled(&self) -> bool {
        self.has_passed() || matches!(self, Self::NotSupported(_))
    }

    fn measured(&self) -> Option<Measured> {
        match self {
            Self::PassedIn(measured) => Some(*measured),
            Self::Passed | Self::Failed(_) | Self::NotRun(_) | Self::NotSupported(_) => None,
        }
    }

    pub(super) fn has_passed(&self) -> bool {
        matches!(self, Self::Passed | Self::PassedIn(_))
    }
}

impl Measured {
    /// For what is not tried again.
    pub(super) fn after(time: Duration) -> Self {
        Self {
            ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            attempts: None,
        }
    }
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(why) => Self::Failed(why),
        }
    }
}

impl From<Result<Measured, String>> for Outcome {
    fn from(result: Result<Measured, String>) -> Self {
        match result {
            Ok(measured) => Self::PassedIn(measured),
            Err(why) => Self::Failed(why),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<22} {:<10} {:<10} {:<10}",
            self.version,
            self.row.stack.to_string(),
            self.row.direction.to_string(),
            self.row.identity.to_string()
        )?;
        for (check, outcome) in &self.cells {
            let mark = match outcome {
                Outcome::Passed | Outcome::PassedIn(_) => "ok",
                Outcome::Failed(_) => "FAILED",
                Outcome::NotRun(_) => "NOT RUN",
                Outcome::NotSupported(_) => "–",
            };
            write!(f, " {check} {mark} ")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    /// One table a suite that has rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for suite in Suite::ALL {
            let lines: Vec<_> = self
                .rows
                .iter()
                .filter(|it| it.row.suite == suite)
                .collect();
            if lines.is_empty() {
                continue;
            }
            write!(f, "| peer | stack | direction | identity |")?;
            for check in suite.checks() {
                write!(f, " {check} |")?;
            }
            writeln!(
                f,
                "\n|---|---|---|---|{}",
                "---|".repeat(suite.checks().len())
            )?;
            for line in lines {
                line.fmt_row(f)?;
            }
            writeln!(f)?;
        }
        self.fmt_unsupported(f)
    }
}

impl Table {
    /// Each reason for which a peer cannot do something, once.
    fn fmt_unsupported(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = BTreeSet::new();
        for line in &self.rows {
            for (check, outcome) in &line.cells {
                if let Outcome::NotSupported(why) = outcome
                    && told.insert((&line.version, why))
                {
                    writeln!(f, "* not supported by {}: {check}: {why}", line.version)?;
                }
            }
        }
        Ok(())
    }
}

impl Line {
    fn fmt_row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = &self.row;
        write!(
            f,
            "| {} | {} | {} | {} |",
            self.version, row.stack, row.direction, row.identity
        )?;
        for check in row.suite.checks() {
            let text = match self.cells.iter().find(|(of, _)| of == check) {
                None => "–",
                Some((Check::Muxer, outcome)) if outcome.has_passed() => row.muxer_choice().name(),
                Some((_, outcome)) => outcome.name(),
            };
            write!(f, " {text} |")?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests;
