//! Why a connection failed, in which phase, and whose fault it is.

use std::{fmt, time::Duration};

use sinew_identity::PeerId;
use sinew_multistream_proto as multistream;
use sinew_noise_proto as noise;
use sinew_tls::CertificateError;
use sinew_yamux_proto as yamux;

use crate::tls;

/// Why a connection failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer turned down each security protocol that we offered. Nobody is wrong.
    #[error("no security protocol in common")]
    NoCommonSecurity,
    /// The peer speaks no muxer that we do. Nobody is wrong.
    #[error("no muxer in common")]
    NoCommonMuxer,
    /// Somebody else than the peer that was dialed has answered. It was not told who we are.
    #[error("dialed {expected}, but {actual} answered")]
    WrongPeer {
        /// Who was dialed.
        expected: PeerId,
        /// Who proved to be there.
        actual: PeerId,
    },
    /// The peer's certificate breaks a rule.
    #[error("the peer's certificate is not valid")]
    Certificate(#[source] CertificateError),
    /// The peer's TLS ended the connection, because of us or of itself.
    #[error("the peer's tls ended the connection during {phase} with alert {alert}")]
    RemoteAlert {
        /// How far we had come: [`Phase::Handshake`] until the peer is known to have accepted us.
        phase: Phase,
        /// The alert, from RFC 8446 §6.
        alert: u8,
    },
    /// The peer broke a rule; nothing more that it says can be believed.
    #[error("the peer broke the protocol during {phase}")]
    Violation {
        /// How far we had come.
        phase: Phase,
        /// The rule.
        #[source]
        violation: Violation,
    },
    /// The bytes ended in the middle of something, of a stream too: the connection was cut, or the peer gave up or
    /// died.
    #[error("the connection was cut during {phase}")]
    Truncated {
        /// How far we had come.
        phase: Phase,
    },
    /// The set-up of the connection was not done in time.
    #[error("the connection was not set up within {after:?}, and had come to {phase}")]
    TimedOut {
        /// How far we had come.
        phase: Phase,
        /// [`Config::handshake_timeout`](crate::Config::handshake_timeout).
        after: Duration,
    },
    /// The peer did not answer a ping, and nothing else was heard of it.
    #[error("nothing was heard from the peer for {after:?} after a ping")]
    Silent {
        /// The time that it had.
        after: Duration,
    },
    /// As many records were sent as a key is good for.
    #[error("more records than a key is good for")]
    Exhausted,
}

/// The rule that the peer broke, in the words of the protocol that it belongs to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A rule of multistream-select.
    #[error(transparent)]
    Negotiation(#[from] multistream::Violation),
    /// A rule of the Noise handshake.
    #[error("in {message} of the noise handshake: {violation}")]
    Noise {
        /// Where.
        message: noise::Message,
        /// The rule.
        #[source]
        violation: noise::Violation,
    },
    /// A rule of Noise's records.
    #[error(transparent)]
    NoiseRecord(#[from] noise::OpenError),
    /// A rule of the TLS handshake, or there is no TLS in common.
    #[error("the tls handshake failed")]
    Tls(#[from] rustls::Error),
    /// A rule of TLS records.
    #[error(transparent)]
    TlsRecord(#[from] tls::RecordViolation),
    /// A rule of Yamux.
    #[error(transparent)]
    Yamux(#[from] yamux::Violation),
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Choosing a security protocol.
    Negotiation,
    /// Proving who is who.
    Handshake,
    /// Choosing a muxer inside the encrypted channel.
    MuxerNegotiation,
    /// Streams.
    Open,
}

/// Whose doing it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Ours.
    Local,
    /// The peer's, or its wish.
    Peer,
    /// The path between, or one of the ends being away.
    Network,
    /// Nobody's: the two sides have nothing to say to each other.
    Nobody,
}

impl Error {
    /// Returns how far the connection had come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self {
            Self::NoCommonSecurity => Phase::Negotiation,
            Self::WrongPeer { .. } | Self::Certificate(_) => Phase::Handshake,
            Self::NoCommonMuxer => Phase::MuxerNegotiation,
            Self::Silent { .. } | Self::Exhausted => Phase::Open,
            Self::RemoteAlert { phase, .. }
            | Self::Violation { phase, .. }
            | Self::Truncated { phase }
            | Self::TimedOut { phase, .. } => *phase,
        }
    }

    /// Returns whose doing it was, as far as can be told.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::NoCommonSecurity | Self::NoCommonMuxer => Fault::Nobody,
            Self::WrongPeer { .. }
            | Self::Certificate(_)
            | Self::RemoteAlert { .. }
            | Self::Violation { .. } => Fault::Peer,
            Self::Truncated { .. } | Self::TimedOut { .. } | Self::Silent { .. } => Fault::Network,
            Self::Exhausted => Fault::Local,
        }
    }

    /// Translates the failure of a negotiation.
    pub(crate) fn negotiation(phase: Phase, error: multistream::Error) -> Self {
        match (error, phase) {
            (multistream::Error::Violation(violation), _) => Self::violation(phase, violation),
            (_, Phase::Negotiation) => Self::NoCommonSecurity,
            _ => Self::NoCommonMuxer,
        }
    }

    /// Returns the code with which the peer's Yamux is told.
    // [yamux §Session termination]
    pub(crate) const fn go_away(&self) -> u32 {
        match self {
            Self::Violation { .. } => yamux::CloseReason::PROTOCOL_ERROR,
            Self::NoCommonSecurity
            | Self::NoCommonMuxer
            | Self::WrongPeer { .. }
            | Self::Certificate(_)
            | Self::RemoteAlert { .. }
            | Self::Truncated { .. }
            | Self::TimedOut { .. }
            | Self::Silent { .. }
            | Self::Exhausted => yamux::CloseReason::NORMAL,
        }
    }

    /// Returns the alert with which the peer's TLS is told, if it has to be and can be.
    pub(crate) const fn alert(&self) -> Option<u8> {
        if let Self::Violation {
            violation: Violation::TlsRecord(violation),
            phase: Phase::MuxerNegotiation | Phase::Open,
        } = self
        {
            return Some(violation.alert());
        }
        None
    }

    pub(crate) fn violation(phase: Phase, violation: impl Into<Violation>) -> Self {
        Self::Violation {
            phase,
            violation: violation.into(),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Negotiation => "the negotiation of a security protocol",
            Self::Handshake => "the handshake",
            Self::MuxerNegotiation => "the negotiation of a muxer",
            Self::Open => "the life of the connection",
        })
    }
}
