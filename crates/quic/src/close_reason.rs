//! Why QUIC ended, in the words of the port.

use sinew_quic_proto as proto;
use sinew_transport::{Cause, CloseReason, ConnectionCode, DialError, Phase};

/// Translates the reason why a connection is over.
pub(crate) fn translate(reason: proto::CloseReason) -> CloseReason {
    use proto::CloseReason as R;
    match reason {
        R::Local { code, .. } => CloseReason::Local {
            code: ConnectionCode::from_wire(code),
        },
        R::Remote { code, reason } => CloseReason::Remote {
            code: ConnectionCode::from_wire(code),
            reason: printable(&reason).into(),
        },
        R::IdleTimeout { after } => CloseReason::TimedOut { after },
        R::HandshakeTimeout { after, phase, .. } => CloseReason::HandshakeTimedOut {
            after,
            phase: match phase {
                proto::HandshakePhase::NoAnswer => Phase::Contact,
                proto::HandshakePhase::Unfinished | _ => Phase::Handshake,
            },
        },
        R::Reset => CloseReason::Reset,
        R::WrongPeer { expected, actual } => CloseReason::WrongPeer { expected, actual },
        R::Certificate(error) => CloseReason::Unauthenticated(Cause::new(error)),
        rejected
        @ (R::Refused | R::RemoteTls { .. } | R::NoCommonProtocol | R::VersionMismatch) => {
            CloseReason::Rejected(Cause::new(rejected))
        }
        violation @ (R::RemoteTransport { .. }
        | R::Violation { .. }
        | R::Tls { .. }
        | R::Exhausted
        | _) => CloseReason::Violation(Cause::new(violation)),
    }
}

/// Says how far a dial came.
pub(crate) fn dial_error(reason: CloseReason) -> DialError {
    let phase = if let CloseReason::HandshakeTimedOut { phase, .. } = reason {
        phase
    } else {
        Phase::Handshake
    };
    DialError::Failed { phase, reason }
}

/// Makes a peer's text safe to show.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .take(MAX_REASON_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Longer texts of peers are cut.
const MAX_REASON_CHARS: usize = 256;
