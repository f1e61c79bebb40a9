//! Runs a row of edges: our driver against the peer, and the peer against our driver.

mod loss;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::interop::peer::Peer;
use crate::interop::plan::{Check, Direction, Row};
use crate::interop::process::{Failure, Process};
use crate::interop::table::{Measured, Outcome};

use super::{DIAL_LIMIT, LISTEN_LIMIT, LISTENER_LOG, Sides, succeeded};

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
    Reconnected { ms: u64, attempts: u64 },
}

/// What our listener prints about the end of each connection.
#[derive(Deserialize)]
struct Disconnected {
    why: String,
}

pub(super) fn run(row: &Row, sides: &Sides<'_>) -> Vec<Outcome> {
    let report = report(row, sides);
    let judge = |check: Check| -> Outcome {
        if check == Check::Killed {
            return killed(row, sides).into();
        }
        if check == Check::Restarted {
            return restarted(row, sides).into();
        }
        if check == Check::SmallDatagrams {
            return small_datagrams(row, sides).into();
        }
        judge(check, report.as_ref()).into()
    };
    row.checks().into_iter().map(judge).collect()
}

fn judge(check: Check, report: Result<&Report, &String>) -> Result<(), String> {
    let report = report.map_err(Clone::clone)?;
    match report.cases.get(&check.to_string()) {
        Some(None) => Ok(()),
        Some(Some(why)) => Err(why.clone()),
        None => Err("the report lacks it".to_owned()),
    }
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

fn small_datagrams(row: &Row, sides: &Sides<'_>) -> Result<(), String> {
    let (listener, dialer) = listener_and_dialer(row, sides)?;
    let log = |side: &str| sides.logs.join(format!("{side}-small-datagrams.log"));
    let mut listen = listener.listen_plainly(row.stack);
    if row.direction == Direction::TheyDial {
        listen.arg("--small-datagrams");
    }
    let listening = Process::start(listen, log("listener")).map_err(told)?;
    let address = listening
        .wait_for("listening ", LISTEN_LIMIT)
        .map_err(told)?;
    let dial = match row.direction {
        Direction::TheyDial => dialer.dial(row.stack, &address),
        Direction::WeDial | Direction::Control => {
            dialer.echo_in_small_datagrams(row.stack, &address)
        }
    };
    let finished = Process::start(dial, log("dialer"))
        .and_then(|process| process.finish(DIAL_LIMIT))
        .map_err(told)?;
    succeeded(&finished)
}

/// One side is killed in the middle of a transfer: the other must notice, and we must know that it was no orderly end.
/// Where they dial, either side is killed.
fn killed(row: &Row, sides: &Sides<'_>) -> Result<Measured, String> {
    if row.direction == Direction::WeDial {
        return listener_killed(row, sides);
    }
    thread::scope(|scope| {
        // Both wait for the same timeout, so they wait together.
        let theirs = scope.spawn(|| listener_killed(row, sides));
        let ours = dialer_killed(row, sides);
        theirs.join().map_err(|_| "the check panicked")??;
        ours
    })
}

fn listener_killed(row: &Row, sides: &Sides<'_>) -> Result<Measured, String> {
    let (listening, survivor, _) = transferring(row, sides, "killed")?;
    let killed = Instant::now();
    drop(listening);
    let line = survivor.wait_for("{", LOST_LIMIT).map_err(told)?;
    let after = killed.elapsed();
    let Survival::Lost { why } = parse(&line)? else {
        return Err("it was not lost".to_owned());
    };
    // What they call it is theirs.
    if row.direction == Direction::WeDial {
        let reason = why.strip_prefix("the connection is over: ");
        let reason = reason.ok_or_else(|| format!("lost with another error: {why}"))?;
        loss::is_plausible(row.stack, reason, after)?;
    }
    Ok(Measured::after(after))
}

/// Our listener must log why the connection of the dialer is over.
fn dialer_killed(row: &Row, sides: &Sides<'_>) -> Result<Measured, String> {
    let (listening, survivor, _) = transferring(row, sides, "dialer-killed")?;
    let killed = Instant::now();
    drop(survivor);
    let line = listening.wait_for("{", LOST_LIMIT).map_err(told)?;
    let after = killed.elapsed();
    let Disconnected { why } = parse(&line)?;
    loss::is_plausible(row.stack, &why, after)?;
    Ok(Measured::after(after))
}

/// The listener is killed and starts again at its address: the connection that is dead must not stand in the way.
fn restarted(row: &Row, sides: &Sides<'_>) -> Result<Measured, String> {
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
            Survival::Reconnected { ms, attempts } if ms <= RECONNECT_LIMIT_MS => {
                return Ok(Measured {
                    ms,
                    attempts: Some(attempts),
                });
            }
            Survival::Reconnected { ms, attempts } => {
                return Err(format!("it took {ms} ms and {attempts} attempts"));
            }
        }
    }
}

/// Starts both sides, and waits until a mebibyte has made its way there and back and more is coming.
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

/// Reads an object whose first brace was taken.
fn parse<T: serde::de::DeserializeOwned>(rest: &str) -> Result<T, String> {
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
/// The longest idle timeout that two peers can agree on is ours, 30 s, and quic-go may count it from the ping that it
/// sends after 15 s of silence.
const LOST_LIMIT: Duration = Duration::from_secs(60);
/// Far more than a handshake takes, and far less than an idle timeout.
const RECONNECT_LIMIT_MS: u64 = 5_000;

#[cfg(test)]
mod tests;
