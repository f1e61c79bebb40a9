//! Runs a row of edges: our driver against the peer, and the peer against our driver.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::interop::peer::Peer;
use crate::interop::plan::{Check, Direction, Row};
use crate::interop::process::{Failure, Process};
use crate::interop::table::Outcome;

use super::{DIAL_LIMIT, LISTEN_LIMIT, LISTENER_LOG, Sides};

/// What `edges` prints: for each case `null`, or what went wrong.
#[derive(Deserialize)]
struct Report {
    cases: BTreeMap<String, Option<String>>,
}

/// What `survive` prints about a connection that was lost, and about one that took its place.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Survival {
    Lost { why: String },
    Reconnected { ms: u64 },
}

pub(super) fn run(row: &Row, sides: &Sides<'_>) -> Vec<Outcome> {
    let report = report(row, sides);
    let judge = |check: Check| {
        if check == Check::Killed {
            return killed(row, sides);
        }
        if check == Check::Restarted {
            return restarted(row, sides);
        }
        let report = report.as_ref().map_err(Clone::clone)?;
        match report.cases.get(&check.to_string()) {
            Some(None) => Ok(()),
            Some(Some(why)) => Err(why.clone()),
            None => Err("the report lacks it".to_owned()),
        }
    };
    let checks = row.checks().into_iter();
    checks.map(|check| judge(check).into()).collect()
}

fn report(row: &Row, sides: &Sides<'_>) -> Result<Report, String> {
    let (listener, dialer) = listener_and_dialer(row, sides)?;
    let listen = listener.listen_plainly(row.stack);
    let listening = Process::start(listen, sides.logs.join(LISTENER_LOG)).map_err(told)?;
    let address = listening
        .wait_for("listening ", LISTEN_LIMIT)
        .map_err(told)?;
    let dialing = Process::start(
        dialer.edges(row.stack, &address),
        sides.logs.join("dialer.log"),
    );
    let finished = dialing
        .and_then(|process| process.finish(EDGES_LIMIT))
        .map_err(told)?;
    let line = finished.stdout.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("the report cannot be read: {error}"))
}

fn listener_and_dialer<'a>(
    row: &Row,
    sides: &Sides<'a>,
) -> Result<(&'a Peer, &'a Peer), &'static str> {
    let driver = sides.driver.ok_or("our driver was not built")?;
    Ok(match row.direction {
        Direction::WeDial | Direction::Control => (sides.peer, driver),
        Direction::TheyDial => (driver, sides.peer),
    })
}

/// The listener is killed in the middle of a transfer: the dialer must notice, and we must know that it was no
/// orderly end.
fn killed(row: &Row, sides: &Sides<'_>) -> Result<(), String> {
    let (listening, survivor, _) = transferring(row, sides, "killed")?;
    drop(listening);
    let line = survivor.wait_for("{", LOST_LIMIT).map_err(told)?;
    match parse(&line)? {
        // What they call it is theirs.
        Survival::Lost { .. } if row.direction == Direction::TheyDial => Ok(()),
        Survival::Lost { why } if why.starts_with("the connection is over: ") => Ok(()),
        Survival::Lost { why } => Err(format!("lost with another error: {why}")),
        Survival::Reconnected { .. } => Err("it was not lost".to_owned()),
    }
}

/// The listener is killed and starts again at its address: the connection that is dead must not stand in the way.
fn restarted(row: &Row, sides: &Sides<'_>) -> Result<(), String> {
    let (listening, mut survivor, address) = transferring(row, sides, "restarted")?;
    drop(listening);
    let port = port_of(&address).ok_or("the address has no port")?;
    let (listener, _) = listener_and_dialer(row, sides)?;
    let log = sides.logs.join("listener-again.log");
    let again = Process::start(listener.listen_again(row.stack, port), log).map_err(told)?;
    again.wait_for("listening ", LISTEN_LIMIT).map_err(told)?;
    survivor.say("again").map_err(told)?;
    loop {
        let line = survivor.wait_for("{", LOST_LIMIT).map_err(told)?;
        match parse(&line)? {
            Survival::Lost { .. } => {}
            Survival::Reconnected { ms } if ms <= RECONNECT_LIMIT_MS => return Ok(()),
            Survival::Reconnected { ms } => return Err(format!("it took {ms} ms")),
        }
    }
}

/// Starts both sides, and waits until bytes flow between them.
fn transferring(
    row: &Row,
    sides: &Sides<'_>,
    name: &str,
) -> Result<(Process, Process, String), String> {
    let (listener, dialer) = listener_and_dialer(row, sides)?;
    let log = |side: &str| sides.logs.join(format!("{side}-{name}.log"));
    let listen = listener.listen_again(row.stack, 0);
    let listening = Process::start(listen, log("listener")).map_err(told)?;
    let address = listening
        .wait_for("listening ", LISTEN_LIMIT)
        .map_err(told)?;
    let survivor =
        Process::start(dialer.survive(row.stack, &address), log("dialer")).map_err(told)?;
    survivor
        .wait_for("transferring", DIAL_LIMIT)
        .map_err(told)?;
    Ok((listening, survivor, address))
}

fn parse(rest: &str) -> Result<Survival, String> {
    serde_json::from_str(&format!("{{{rest}"))
        .map_err(|error| format!("the driver's line cannot be read: {error}"))
}

/// Returns the port of an address over UDP or TCP.
fn port_of(address: &str) -> Option<u16> {
    let mut parts = address.split('/');
    parts.find(|part| matches!(*part, "udp" | "tcp"))?;
    parts.next()?.parse().ok()
}

fn told(failure: Failure) -> String {
    failure.to_string()
}

/// Six cases of ten seconds at most.
const EDGES_LIMIT: Duration = Duration::from_secs(90);
/// The longest idle timeout that two peers can agree on is ours, 30 s.
const LOST_LIMIT: Duration = Duration::from_secs(45);
/// Far more than a handshake takes, and far less than an idle timeout.
const RECONNECT_LIMIT_MS: u64 = 5_000;

#[cfg(test)]
mod tests;
