//! Why a connection ended, and whose doing it was.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use sinew_identity::PeerId;
use sinew_tls::{CertificateError, Rejection};

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// We closed it.
    #[error("closed by us with code {code}")]
    Local {
        /// The code that we gave.
        code: u64,
        /// The text that we gave.
        reason: Bytes,
    },
    /// The peer's application closed it.
    #[error("closed by the peer with code {code}")]
    Remote {
        /// The peer's code.
        code: u64,
        /// The peer's text, at most as long as a packet. Not trusted, often empty.
        reason: Bytes,
    },
    /// The peer does not accept new connections, or none from us.
    #[error("the peer refuses new connections")]
    Refused,
    /// The peer's QUIC closed it with an error, because of us or of itself.
    #[error("the peer ended the connection with transport error {code:#x}")]
    RemoteTransport {
        /// The code, from RFC 9000 §20.1.
        code: u64,
        /// The peer's text. Not trusted, often empty.
        reason: Bytes,
    },
    /// The peer's TLS refused us.
    ///
    /// After a wrong certificate of ours, or an ALPN it does not have.
    #[error("the peer's TLS refused us with alert {alert}")]
    RemoteTls {
        /// The alert, from RFC 8446 §6.
        alert: u8,
        /// The peer's text. Not trusted, often empty.
        reason: Bytes,
    },
    /// The peer broke the QUIC protocol.
    #[error("the peer broke the QUIC protocol: transport error {code:#x}")]
    Violation {
        /// The code that we sent, from RFC 9000 §20.1.
        code: u64,
        /// What it did.
        detail: String,
    },
    /// The peer broke the TLS protocol, or has nothing in common with us.
    #[error("the TLS handshake failed with alert {alert}")]
    Tls {
        /// The alert that we sent, from RFC 8446 §6.
        alert: u8,
        /// What happened, in rustls' words. Not sent.
        detail: String,
    },
    /// The peer speaks QUIC but not libp2p.
    #[error("the peer does not speak libp2p: no protocol in common")]
    NoCommonProtocol,
    /// The peer's certificate breaks a rule.
    #[error("the peer's certificate is not valid")]
    Certificate(#[source] CertificateError),
    /// Somebody else than the peer that was dialed has answered.
    #[error("dialed {expected}, but {actual} answered")]
    WrongPeer {
        /// Who was dialed.
        expected: PeerId,
        /// Who proved to be there.
        actual: PeerId,
    },
    /// The peer speaks no version of QUIC that we do.
    #[error("the peer does not speak QUIC version 1")]
    VersionMismatch,
    /// The peer knows nothing of this connection any more: it was restarted.
    #[error("the peer has lost the connection")]
    Reset,
    /// Nothing was heard from the peer for too long.
    #[error("nothing was heard from the peer for {after:?}")]
    IdleTimeout {
        /// The time that both sides had agreed on.
        after: Duration,
    },
    /// The handshake was not done in time.
    #[error("the handshake with {remote} was not done within {after:?}: {phase}")]
    HandshakeTimeout {
        /// With whom.
        remote: SocketAddr,
        /// How far it had come.
        phase: HandshakePhase,
        /// The time that it had.
        after: Duration,
    },
    /// We ran out of something.
    #[error("out of connection ids")]
    Exhausted,
}

/// How far a handshake had come when its time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakePhase {
    /// No packet came back: nobody is there, or a firewall is in between.
    NoAnswer,
    /// The peer speaks QUIC, but did not get through: packets are lost, or it is overloaded.
    Unfinished,
}

/// Whose doing it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Ours, or our wish.
    Local,
    /// The peer's, or its wish.
    Peer,
    /// The path between, or one of the ends being away.
    Network,
}

impl CloseReason {
    /// Returns whose doing it was, as far as can be told.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Local { .. } | Self::Exhausted => Fault::Local,
            Self::Reset | Self::IdleTimeout { .. } | Self::HandshakeTimeout { .. } => {
                Fault::Network
            }
            Self::Remote { .. }
            | Self::Refused
            | Self::RemoteTransport { .. }
            | Self::RemoteTls { .. }
            | Self::Violation { .. }
            | Self::Tls { .. }
            | Self::NoCommonProtocol
            | Self::Certificate(_)
            | Self::WrongPeer { .. }
            | Self::VersionMismatch => Fault::Peer,
        }
    }

    /// Returns whether we closed it ourselves.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Translates an error of our TLS, whose alert was `alert`.
    pub(crate) fn from_tls(alert: u8, rejection: Option<&Rejection>, detail: &str) -> Self {
        match (rejection, alert) {
            (Some(Rejection::Certificate(error)), _) => Self::Certificate(error.clone()),
            (Some(Rejection::WrongPeer { expected, actual }), _) => Self::WrongPeer {
                expected: *expected,
                actual: *actual,
            },
            (_, ALERT_CERTIFICATE_REQUIRED) => Self::Certificate(CertificateError::Missing),
            (_, ALERT_NO_APPLICATION_PROTOCOL) => Self::NoCommonProtocol,
            _ => Self::Tls {
                alert,
                detail: detail.to_owned(),
            },
        }
    }

    /// Translates the peer's CONNECTION_CLOSE of the transport kind.
    pub(crate) fn from_remote_transport(code: u64, reason: Bytes) -> Self {
        match (code, tls_alert(code)) {
            (CONNECTION_REFUSED, _) => Self::Refused,
            (_, Some(ALERT_NO_APPLICATION_PROTOCOL)) => Self::NoCommonProtocol,
            (_, Some(alert)) => Self::RemoteTls { alert, reason },
            (code, None) => Self::RemoteTransport { code, reason },
        }
    }
}

/// Returns the TLS alert in a transport error code, if there is one.
// [RFC 9001 §4.8] An alert is carried as 0x0100 plus its number.
pub(crate) fn tls_alert(code: u64) -> Option<u8> {
    u8::try_from(code.checked_sub(0x100)?).ok()
}

impl std::fmt::Display for HandshakePhase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoAnswer => "no answer at all",
            Self::Unfinished => "it began, and did not come to an end",
        })
    }
}

const CONNECTION_REFUSED: u64 = 0x2;
const ALERT_CERTIFICATE_REQUIRED: u8 = 116;
const ALERT_NO_APPLICATION_PROTOCOL: u8 = 120;
