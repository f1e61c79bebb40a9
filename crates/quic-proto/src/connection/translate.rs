//! From quinn-proto's words into ours.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use quinn_proto::ConnectionError;
use sinew_sans_io::{Ecn, Transmit};

use super::Connection;
use crate::{CloseReason, close_reason::tls_alert};

/// Translates where bytes go; `send_from` fills in a local address that quinn-proto leaves open.
pub(crate) fn transmit(transmit: &quinn_proto::Transmit, send_from: Option<IpAddr>) -> Transmit {
    Transmit {
        remote: transmit.destination,
        local_ip: transmit.src_ip.or(send_from),
        ecn: transmit.ecn.and_then(|ecn| Ecn::from_bits(ecn as u8)),
        len: transmit.size,
        segment_len: transmit.segment_size.and_then(NonZeroUsize::new),
    }
}

impl Connection {
    /// Says why the connection is over, with what only our side knows.
    pub(super) fn translate_loss(&self, error: ConnectionError) -> CloseReason {
        match error {
            ConnectionError::TransportError(_) => match self.record.close_reason() {
                Some(reason) => reason,
                None => translate(error, self.remote),
            },
            ConnectionError::TimedOut if self.peer.is_none() => {
                self.handshake_timeout(self.idle_timeout)
            }
            ConnectionError::TimedOut => CloseReason::IdleTimeout {
                after: self.idle_timeout,
            },
            ConnectionError::VersionMismatch
            | ConnectionError::ConnectionClosed(_)
            | ConnectionError::ApplicationClosed(_)
            | ConnectionError::Reset
            | ConnectionError::LocallyClosed
            | ConnectionError::CidsExhausted => translate(error, self.remote),
        }
    }
}

impl CloseReason {
    /// Translates why a first packet made no connection.
    pub(crate) fn from_accept(error: ConnectionError, remote: SocketAddr) -> Self {
        translate(error, remote)
    }
}

fn translate(error: ConnectionError, remote: SocketAddr) -> CloseReason {
    match error {
        ConnectionError::VersionMismatch => CloseReason::VersionMismatch,
        ConnectionError::TransportError(error) => {
            let code = error.code.into();
            match tls_alert(code) {
                Some(alert) => CloseReason::from_tls(alert, None, &error.reason),
                None => CloseReason::Violation {
                    code,
                    detail: error.reason,
                },
            }
        }
        ConnectionError::ConnectionClosed(close) => {
            CloseReason::from_remote_transport(close.error_code.into(), close.reason)
        }
        ConnectionError::ApplicationClosed(close) => CloseReason::Remote {
            code: close.error_code.into_inner(),
            reason: close.reason,
        },
        ConnectionError::Reset => CloseReason::Reset,
        // Without a connection the packet has waited too long for a decision.
        ConnectionError::TimedOut => CloseReason::HandshakeTimeout {
            remote,
            phase: crate::HandshakePhase::Unfinished,
            after: std::time::Duration::ZERO,
        },
        ConnectionError::LocallyClosed => CloseReason::Local {
            code: 0,
            reason: bytes::Bytes::new(),
        },
        ConnectionError::CidsExhausted => CloseReason::Exhausted,
    }
}
