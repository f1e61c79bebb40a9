//! What our side may say of a connection whose peer was killed, and when.

use std::time::Duration;

use crate::interop::plan::Stack;

/// Returns what is wrong with what our side said, so long after the kill.
///
/// Over TCP the other side's kernel tells us at once. Over QUIC nobody does, so it takes the idle timeout; the
/// peer may also have told us, with its last breath or as somebody new, that it does not know the connection.
pub(super) fn is_plausible(stack: Stack, reason: &str, after: Duration) -> Result<(), String> {
    let wait = match (stack, idle_timeout(reason)) {
        (Stack::Quic, Some(timeout)) => timeout,
        _ if reason.starts_with(RESET) => Duration::ZERO,
        _ => return Err(format!("lost with another error: {reason}")),
    };
    // [RFC 9000 §10.1] The timeout starts anew with the first that we send after we last heard: where nothing was on
    // its way, that is our keep-alive, after a third of the timeout.
    let latest = wait.saturating_add(wait / 3);
    if after > latest.saturating_add(GRACE) {
        return Err(format!("noticed only after {after:?}: {reason}"));
    }
    if after.saturating_add(GRACE) < wait {
        return Err(format!("noticed after {after:?} already: {reason}"));
    }
    Ok(())
}

/// Reads the idle timeout that the reason names, as `Duration` prints it.
fn idle_timeout(reason: &str) -> Option<Duration> {
    let text = reason.strip_prefix("nothing heard from the peer for ")?;
    let (number, unit_ms) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1e3),
    };
    let ms = number.parse::<f64>().ok()? * unit_ms;
    Duration::try_from_secs_f64(ms / 1e3).ok()
}

const RESET: &str = "the peer no longer knows this connection";
/// What a busy machine may take besides.
const GRACE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
