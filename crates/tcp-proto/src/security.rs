//! How a connection is made private, and how the two sides came to their muxer.

use std::fmt;

use sinew_multistream_proto::Protocol;

/// A security protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Security {
    /// TLS 1.3, `/tls/1.0.0`.
    Tls,
    /// Noise XX, `/noise`.
    Noise,
}

impl Security {
    /// All of them, the best first: see [`Config::securities`](crate::Config::securities).
    pub const ALL: [Self; 2] = [Self::Tls, Self::Noise];

    /// Returns the name that is negotiated.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Tls => TLS,
            Self::Noise => NOISE,
        }
    }

    /// Returns the short name: `tls` or `noise`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Noise => "noise",
        }
    }

    /// Returns which one is called `protocol`.
    pub(crate) fn from_protocol(protocol: &Protocol) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|security| security.protocol() == *protocol)
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How the two sides came to their muxer, which is Yamux in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MuxerChoice {
    /// By the ALPN of the TLS handshake.
    InTls,
    /// By the extensions of the Noise handshake.
    InNoise,
    /// By multistream-select inside the encrypted channel, because one side knows no other way.
    Negotiated,
}

impl fmt::Display for MuxerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InTls => "in the tls handshake",
            Self::InNoise => "in the noise handshake",
            Self::Negotiated => "by negotiation",
        })
    }
}

/// The muxer.
pub(crate) const YAMUX: Protocol = Protocol::from_static("/yamux/1.0.0");

const TLS: Protocol = Protocol::from_static("/tls/1.0.0");
const NOISE: Protocol = Protocol::from_static("/noise");
