//! Why TCP ended, in the words of the port.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use sinew_noise_proto::Violation as Noise;
use sinew_tcp_proto::{self as proto, Error, Violation};
use sinew_transport::{Cause, CloseReason, ConnectionCode, DialError, Phase};

/// Translates the reason why a connection is over.
pub(crate) fn translate(reason: &proto::CloseReason) -> CloseReason {
    use proto::CloseReason as R;
    match reason {
        R::Local { code } => CloseReason::Local {
            code: ConnectionCode::new(*code),
        },
        R::Remote { code } => remote(heard(*code)),
        R::Failed(error) => failed(error),
        R::HungUp | _ => remote(ConnectionCode::NO_ERROR),
    }
}

/// Translates a failure of the socket; before the handshake was done, it is the peer that did not want us.
pub(crate) fn broken(error: io::Error, is_established: bool) -> CloseReason {
    if is_established {
        CloseReason::Reset
    } else {
        CloseReason::Rejected(Cause::new(error))
    }
}

/// Says how far a dial came that was answered.
pub(crate) fn dial_error(reason: CloseReason, came_to: proto::Phase) -> DialError {
    let phase = phase(came_to);
    DialError::Failed { phase, reason }
}

/// Translates the phase that a connection had come to which was not set up.
fn phase(came_to: proto::Phase) -> Phase {
    match came_to {
        proto::Phase::Negotiation => Phase::Negotiation,
        proto::Phase::MuxerNegotiation => Phase::Muxer,
        proto::Phase::Handshake | proto::Phase::Open | _ => Phase::Handshake,
    }
}

/// Says why there is no TCP connection.
pub(crate) fn connect_error(error: io::Error, remote: SocketAddr, took: Duration) -> DialError {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return DialError::Refused { remote };
    }
    if error.kind() == io::ErrorKind::TimedOut {
        return no_answer(took);
    }
    let source = Arc::new(error);
    DialError::Unreachable { remote, source }
}

/// Says that nothing has answered.
pub(crate) fn no_answer(after: Duration) -> DialError {
    DialError::Failed {
        phase: Phase::Contact,
        reason: CloseReason::HandshakeTimedOut {
            after,
            phase: Phase::Contact,
        },
    }
}

fn failed(error: &Error) -> CloseReason {
    let cause = || Cause::new(error.clone());
    match error {
        Error::WrongPeer { expected, actual } => CloseReason::WrongPeer {
            expected: *expected,
            actual: *actual,
        },
        Error::Certificate(error) => CloseReason::Unauthenticated(Cause::new(error.clone())),
        Error::Violation { violation, .. } if is_about_identity(violation) => {
            CloseReason::Unauthenticated(cause())
        }
        Error::Truncated {
            phase: proto::Phase::Open,
        } => CloseReason::Reset,
        Error::NoCommonSecurity
        | Error::NoCommonMuxer
        | Error::Truncated { .. }
        | Error::RemoteAlert {
            phase: proto::Phase::Handshake,
            ..
        } => CloseReason::Rejected(cause()),
        Error::TimedOut {
            phase: came_to,
            after,
        } => CloseReason::HandshakeTimedOut {
            after: *after,
            phase: phase(*came_to),
        },
        Error::Silent { after } => CloseReason::TimedOut { after: *after },
        Error::Violation { .. } | Error::RemoteAlert { .. } | Error::Exhausted | _ => {
            CloseReason::Violation(cause())
        }
    }
}

/// Whether the peer failed to prove who it is.
fn is_about_identity(violation: &Violation) -> bool {
    matches!(
        violation,
        Violation::Noise {
            violation: Noise::MissingKey
                | Noise::MissingSignature
                | Noise::InvalidKey(_)
                | Noise::BadSignature,
            ..
        }
    )
}

fn remote(code: ConnectionCode) -> CloseReason {
    CloseReason::Remote {
        code,
        reason: "".into(),
    }
}

/// Yamux has two codes of its own for what went wrong; the rest are libp2p's.
// [yamux §Session termination]
fn heard(code: u32) -> ConnectionCode {
    match code {
        GO_AWAY_PROTOCOL_ERROR => ConnectionCode::PROTOCOL_VIOLATION,
        code => ConnectionCode::new(code),
    }
}

const GO_AWAY_PROTOCOL_ERROR: u32 = 1;

#[cfg(test)]
mod tests;
