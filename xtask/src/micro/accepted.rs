//! What a change says that it is meant to cost, in the messages of its commits.
//!
//! ```text
//! Micro-accepts: quic-handshake instructions 1.08 checks the peer's certificate twice
//! Micro-accepts: quic-handshake allocations 1.02 …
//! ```
//!
//! Only the messages between the revision that is compared to and `HEAD` count. So a cost is accepted for the change
//! that brings it, in its review, and never again.

use std::fmt;

use super::Measured;

/// A cost that a commit accepts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub(super) case: String,
    pub(super) what: What,
    /// How many times as much it may be, at most.
    pub(super) ratio: f64,
    pub(super) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Instructions,
    Allocations,
}

/// Reads the messages of commits. A line that means to accept something and does not say what is a finding.
pub(super) fn read(messages: &str) -> Result<Vec<Accepted>, Vec<String>> {
    let mut accepted = Vec::new();
    let mut findings = Vec::new();
    for line in messages.lines() {
        let Some(rest) = line.trim().strip_prefix(TRAILER) else {
            continue;
        };
        match parse(rest) {
            Some(one) => accepted.push(one),
            None => findings.push(format!(
                "`{}` is not of the form `{TRAILER} CASE instructions|allocations RATIO REASON`, with a ratio over 1",
                line.trim()
            )),
        }
    }
    if findings.is_empty() {
        return Ok(accepted);
    }
    Err(findings)
}

/// Returns a line for each acceptance of a case that there is not.
pub(super) fn unknown(accepted: &[Accepted], measured: &[Measured]) -> Vec<String> {
    let is_there = |one: &Accepted| measured.iter().any(|case| case.name == one.case);
    let unknown = accepted.iter().filter(|one| !is_there(one));
    unknown
        .map(|one| format!("`{TRAILER} {one}`: there is no such case"))
        .collect()
}

/// Returns what accepts most for a case.
pub(super) fn for_case<'a>(
    accepted: &'a [Accepted],
    case: &str,
    what: What,
) -> Option<&'a Accepted> {
    let of_it = accepted
        .iter()
        .filter(|one| one.case == case && one.what == what);
    of_it.max_by(|a, b| a.ratio.total_cmp(&b.ratio))
}

fn parse(rest: &str) -> Option<Accepted> {
    let mut words = rest.split_whitespace();
    let case = words.next()?.to_owned();
    let what = match words.next()? {
        "instructions" => What::Instructions,
        "allocations" => What::Allocations,
        _ => return None,
    };
    let ratio: f64 = words.next()?.parse().ok()?;
    let reason = words.collect::<Vec<_>>().join(" ");
    let says_all = ratio.is_finite() && ratio > 1.0 && !reason.is_empty();
    says_all.then_some(Accepted {
        case,
        what,
        ratio,
        reason,
    })
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Instructions => "instructions",
            What::Allocations => "allocations",
        };
        let Self {
            case,
            ratio,
            reason,
            ..
        } = self;
        write!(f, "{case} {what} {ratio} {reason}")
    }
}

const TRAILER: &str = "Micro-accepts:";

#[cfg(test)]
mod tests;
