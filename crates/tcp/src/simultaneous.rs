//! Two that dial each other at the same moment.

use std::io;

use sinew_tcp_proto as proto;
use sinew_transport::{CloseReason, DialError, Phase};

/// Whether the other end of a connection that failed may have been a dialer like us.
///
/// Two that dial each other from the ports on which they listen, at the same moment, get one connection instead
/// of two, and TCP tells neither. Each then hears a dialer's words where a listener's belong. Or one has given up
/// meanwhile, and the other hears the end before it hears anything that only a listener says.
// [simopen] The extension that tells such dialers apart is one that hardly anybody speaks.
pub(crate) fn may_be_simultaneous(error: &DialError) -> bool {
    let DialError::Failed { phase, reason } = error else {
        return false;
    };
    if matches!(reason, CloseReason::Violation(_)) {
        return true;
    }
    // An offer of the protocol that we offer too reads like its acceptance: the handshake has begun then.
    let is_early = matches!(phase, Phase::Negotiation | Phase::Handshake);
    let CloseReason::Rejected(cause) = reason else {
        return false;
    };
    let is_reset = cause.find::<io::Error>().is_some();
    let is_cut = matches!(cause.find(), Some(proto::Error::Truncated { .. }));
    is_early && (is_reset || is_cut)
}

#[cfg(test)]
mod tests;
