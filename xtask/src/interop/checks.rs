//! Runs a row: starts the listening side, tries each check on it, and judges what came back.

mod contract;
mod edges;
mod identify;
mod wrong_peer;

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;

use super::ours::Ours;
use super::peer::{DialReport, Peer};
use super::plan::{Check, Direction, MuxerChoice, Row, Suite};
use super::process::{Failure, Finished, Process};
use super::table::Outcome;

/// The two programs, and where their logs go.
pub(super) struct Sides<'a> {
    pub(super) ours: &'a Ours,
    /// Our side of what goes beyond the happy path; not built when that is not run.
    pub(super) driver: Option<&'a Peer>,
    pub(super) peer: &'a Peer,
    pub(super) logs: &'a Path,
}

/// Returns one outcome for each of the row's checks.
pub(super) fn run(row: &Row, sides: &Sides<'_>) -> Vec<Outcome> {
    let outcomes = match row.suite {
        Suite::Basics => basics(row, sides),
        Suite::Edges => edges::run(row, sides),
        Suite::Contract => contract::run(row, sides),
    };
    let outcomes = row.checks().into_iter().zip(outcomes);
    outcomes
        .map(|(check, outcome)| excused(outcome, row.unsupported(check)))
        .collect()
}

/// Returns the outcomes of a row that could not be tried.
pub(super) fn none(row: &Row, why: &Error) -> Vec<Outcome> {
    let outcome = |check| excused(Outcome::NotRun(why.to_string()), row.unsupported(check));
    row.checks().into_iter().map(outcome).collect()
}

/// What a peer cannot do is tried all the same: an excuse that is none any more has to go.
fn excused(outcome: Outcome, excuse: Option<&'static str>) -> Outcome {
    match excuse {
        Some(why) if outcome.has_passed() => Outcome::Failed(format!(
            "it passes now, so it has to go from plan/support.rs: {why}"
        )),
        Some(why) => Outcome::NotSupported(why),
        None => outcome,
    }
}

fn basics(row: &Row, sides: &Sides<'_>) -> Vec<Outcome> {
    let (listener, address) = match listen(row, sides) {
        Ok(listening) => listening,
        Err(failure) => {
            let outcome = Outcome::NotRun(format!("the listening side {failure}"));
            return vec![outcome; row.checks().len()];
        }
    };
    let outcomes = match row.direction {
        Direction::WeDial => {
            let checks = row.checks().into_iter();
            checks
                .map(|check| we_dial(check, row, sides, &address).into())
                .collect()
        }
        Direction::TheyDial | Direction::Control => they_dial(row, sides, &address),
    };
    drop(listener);
    outcomes
}

fn listen(row: &Row, sides: &Sides<'_>) -> Result<(Process, String), Failure> {
    let command = match row.direction {
        Direction::WeDial | Direction::Control => sides.peer.listen(row.stack, row.peer_identity()),
        Direction::TheyDial => sides.ours.node(row.stack, row.identity),
    };
    let process = Process::start(command, sides.logs.join(LISTENER_LOG))?;
    let address = process.wait_for("listening ", LISTEN_LIMIT)?;
    Ok((process, address))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other checks are of the other suites"
)]
fn we_dial(check: Check, row: &Row, sides: &Sides<'_>, address: &str) -> Result<(), String> {
    let (ours, stack, identity) = (sides.ours, row.stack, row.identity);
    let command = match check {
        Check::Ping => ours.ping(stack, identity, address),
        Check::Identify | Check::Muxer => ours.identify(stack, identity, address),
        Check::Echo => ours.echo(stack, identity, address, ECHO_BYTES),
        _ => ours.ping(stack, identity, &wrong_peer::instead_of(address)),
    };
    let log = sides
        .logs
        .join(format!("dialer-{check}.log").replace(' ', "-"));
    let finished = Process::start(command, log)
        .and_then(|process| process.finish(DIAL_LIMIT))
        .map_err(|failure| failure.to_string())?;
    if check == Check::WrongPeer {
        return wrong_peer::refused_by_us(&finished, peer_of(address));
    }
    succeeded(&finished)?;
    match check {
        Check::Ping => answered_five_times(&finished.stdout),
        Check::Identify => identify::tells_who_they_are(&finished.stdout, row, peer_of(address)),
        Check::Muxer => tells_choice(&finished.stdout, row.muxer_choice()),
        _ => Ok(()),
    }
}

fn they_dial(row: &Row, sides: &Sides<'_>, address: &str) -> Vec<Outcome> {
    // First, so that the other checks tell whether our side came through it well.
    let refused = row.with_wrong_peer.then(|| {
        let wrong = wrong_peer::instead_of(address);
        wrong_peer::refused_by_them(&dial(row, sides, &wrong, "wrong-peer")?, peer_of(address))
    });
    let report = dial(row, sides, address, "dialer");
    let log = sides.logs.join(LISTENER_LOG);
    let judge = |check: Check| match (check, &refused) {
        (Check::Muxer, _) => {
            report.as_ref().map_err(Clone::clone)?.has_used_streams()?;
            logged_choice(&log, row.muxer_choice())
        }
        (Check::WrongPeer, Some(refused)) => {
            refused.clone()?;
            wrong_peer::wait_until_all_are_gone(&log)
        }
        _ => {
            let report = report.as_ref().map_err(Clone::clone)?;
            judge(check, report)?;
            match &report.identify {
                Some(told) if check == Check::Identify => {
                    identify::tells_who_listens(told, row, address)
                }
                _ => Ok(()),
            }
        }
    };
    let checks = row.checks().into_iter();
    checks.map(|check| judge(check).into()).collect()
}

fn dial(row: &Row, sides: &Sides<'_>, address: &str, log: &str) -> Result<DialReport, String> {
    let command = sides.peer.dial(row.stack, address);
    Process::start(command, sides.logs.join(log).with_extension("log"))
        .and_then(|process| process.finish(DIAL_LIMIT))
        .map_err(|failure| failure.to_string())
        .and_then(|finished| parse_report(&finished))
}

fn parse_report(finished: &Finished) -> Result<DialReport, String> {
    let line = finished.stdout.lines().last().unwrap_or_default();
    let report: DialReport = serde_json::from_str(line)
        .map_err(|error| format!("its report cannot be read: {error}"))?;
    if report.ok != finished.status.success() {
        return Err(format!(
            "its report and its exit code disagree ({})",
            finished.status
        ));
    }
    Ok(report)
}

/// A report tells how far the peer came; a check passed when its part is there.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other checks are of the other suites"
)]
fn judge(check: Check, report: &DialReport) -> Result<(), String> {
    let reached = match check {
        Check::Ping => report.ping_ms.len() == PINGS,
        Check::Identify => report.identify.is_some(),
        Check::Echo => report
            .echo
            .as_ref()
            .is_some_and(|echo| echo.bytes == ECHO_BYTES),
        _ => false,
    };
    if reached {
        return Ok(());
    }
    Err(report
        .error
        .clone()
        .unwrap_or_else(|| "the report lacks it".to_owned()))
}

fn succeeded(finished: &Finished) -> Result<(), String> {
    if finished.status.success() {
        return Ok(());
    }
    let last = finished
        .log
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty());
    Err(format!(
        "{}: {}",
        finished.status,
        last.unwrap_or("said nothing")
    ))
}

fn answered_five_times(stdout: &str) -> Result<(), String> {
    let objects = stdout.lines().filter_map(json_object);
    let answers = objects
        .filter(|object| object.get("event").is_some_and(|event| event == "ping"))
        .count();
    if answers == PINGS {
        return Ok(());
    }
    Err(format!("{answers} answers to {PINGS} pings"))
}

/// What `identify` prints names the choice.
fn tells_choice(stdout: &str, wanted: MuxerChoice) -> Result<(), String> {
    let object = stdout.lines().find_map(json_object).unwrap_or_default();
    let told = object
        .get("connection")
        .and_then(|connection| connection.get("muxer_choice"))
        .and_then(serde_json::Value::as_str)
        .unwrap_or("not told");
    if told == wanted.name() {
        return Ok(());
    }
    Err(format!("{told}, not {}", wanted.name()))
}

/// A node logs how the multiplexer of each connection was chosen.
fn logged_choice(log: &Path, wanted: MuxerChoice) -> Result<(), String> {
    let log = fs::read(log).map_err(|error| format!("its log cannot be read: {error}"))?;
    let log = String::from_utf8_lossy(&log);
    let mut choices = log
        .lines()
        .filter(|line| line.contains(" connected "))
        .filter_map(|line| line.split_once("security="))
        .map(|(_, choice)| choice.trim());
    match choices.next() {
        Some(choice) if choice.ends_with(wanted.logged()) => Ok(()),
        Some(choice) => Err(format!("{choice}, not {}", wanted.logged())),
        None => Err("not logged".to_owned()),
    }
}

fn json_object(line: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_str(line).ok()
}

fn peer_of(address: &str) -> &str {
    address.rsplit_once("/p2p/").map_or("", |(_, peer)| peer)
}

const LISTENER_LOG: &str = "listener.log";
const PINGS: usize = 5;
const ECHO_BYTES: usize = 1024 * 1024;

/// Far more than either takes; only guards against hanging.
const LISTEN_LIMIT: Duration = Duration::from_secs(30);
const DIAL_LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
