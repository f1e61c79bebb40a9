//! An address whose PeerId is not that of who answers there: whoever dials it must refuse.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::interop::peer::DialReport;
use crate::interop::process::Finished;

/// Returns the same place with the PeerId of somebody else.
pub(super) fn instead_of(address: &str) -> String {
    let place = address
        .rsplit_once("/p2p/")
        .map_or(address, |(place, _)| place);
    format!("{place}/p2p/{OTHER_PEER}")
}

/// Our dial must fail, and what we tell the user must name who was expected and who answered.
pub(super) fn refused_by_us(finished: &Finished, actual: &str) -> Result<(), String> {
    if finished.status.code() != Some(1) {
        return Err(format!("{}, where exit code 1 was due", finished.status));
    }
    let lacks = |peer: &str| !finished.log.contains(peer);
    match [OTHER_PEER, actual].into_iter().find(|peer| lacks(peer)) {
        Some(missing) => Err(format!("the message does not name {missing}")),
        None => Ok(()),
    }
}

/// Their dial must have come to nothing, because of who we are and nothing else.
pub(super) fn refused_by_them(report: &DialReport, actual: &str) -> Result<(), String> {
    if report.ok || report.has_used_streams().is_ok() {
        return Err("they took us for another peer".to_owned());
    }
    let error = report.error.as_deref().unwrap_or("no error");
    // js-libp2p does not name us over TLS.
    if error.contains(actual) || error.contains("Unexpected Peer") {
        return Ok(());
    }
    Err(format!("they failed for another reason: {error}"))
}

/// Waits until our node has logged the end of every connection that it logged.
pub(super) fn wait_until_all_are_gone(log: &Path) -> Result<(), String> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let text =
            fs::read(log).map_err(|error| format!("our node's log cannot be read: {error}"))?;
        match left(&String::from_utf8_lossy(&text)) {
            Some(0) => return Ok(()),
            None => return Err("our node logged no connection".to_owned()),
            Some(left) if Instant::now() > deadline => {
                return Err(format!("our node kept {left} of their connections"));
            }
            Some(_) => thread::sleep(POLL_INTERVAL),
        }
    }
}

/// Returns how many connections were logged and not their ends, if any was logged at all.
fn left(log: &str) -> Option<usize> {
    let count = |what| log.lines().filter(|line| line.contains(what)).count();
    let connected = count(" connected ");
    let left = connected.saturating_sub(count(" disconnected "));
    (connected > 0).then_some(left)
}

/// The PeerId of the Ed25519 key made of 32 zero bytes.
const OTHER_PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

/// The longest idle timeout that two peers can agree on is ours, 30 s.
const LIMIT: Duration = Duration::from_secs(45);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
