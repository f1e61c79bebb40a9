//! How a connection is secured and multiplexed.

use std::fmt;

/// How a connection is secured and multiplexed.
///
/// Displays as one line for logs: `tls with quic`, `noise with yamux, chosen by negotiation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Security {
    /// The security protocol: `tls`, `noise`, or `none` in memory.
    pub security: &'static str,
    /// The multiplexer: `quic`, `yamux`, `memory`.
    pub muxer: &'static str,
    /// How the two sides came to their multiplexer.
    pub choice: MuxerChoice,
}

/// How the two sides of a connection came to their multiplexer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MuxerChoice {
    /// There is no choice: the transport is one.
    #[default]
    BuiltIn,
    /// Inside the TLS handshake, which saves a round trip.
    InTls,
    /// Inside the Noise handshake, which saves a round trip.
    InNoise,
    /// By a negotiation after the handshake.
    Negotiated,
}

impl Security {
    /// Names the protocols of a transport with a multiplexer of its own.
    pub const fn new(security: &'static str, muxer: &'static str) -> Self {
        Self {
            security,
            muxer,
            choice: MuxerChoice::BuiltIn,
        }
    }

    /// Says how the multiplexer was chosen.
    pub const fn chosen(self, choice: MuxerChoice) -> Self {
        Self { choice, ..self }
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            security,
            muxer,
            choice,
        } = self;
        write!(f, "{security} with {muxer}")?;
        if *choice == MuxerChoice::BuiltIn {
            return Ok(());
        }
        write!(f, ", chosen {choice}")
    }
}

impl fmt::Display for MuxerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BuiltIn => "by the transport",
            Self::InTls => "in the tls handshake",
            Self::InNoise => "in the noise handshake",
            Self::Negotiated => "by negotiation",
        })
    }
}

#[cfg(test)]
mod tests;
