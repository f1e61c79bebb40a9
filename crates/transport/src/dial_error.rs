//! Why dialing or listening failed.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use sinew_multiaddr::Address;

use crate::CloseReason;

/// Why one address could not be dialed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// No part of this host can dial such an address.
    #[error("no transport here dials {address}")]
    Unsupported {
        /// The address.
        address: Address,
    },
    /// The operating system would not send to the address.
    #[error("cannot reach {remote}")]
    Unreachable {
        /// Where we tried to send.
        remote: SocketAddr,
        /// What the operating system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// Somebody answered for the address that nobody listens there.
    #[error("nobody listens at {remote}")]
    Refused {
        /// Where we asked.
        remote: SocketAddr,
    },
    /// The connection ended before it was established.
    #[error("the connection failed during {phase}")]
    Failed {
        /// How far it got.
        phase: Phase,
        /// Why it ended.
        #[source]
        reason: CloseReason,
    },
    /// This host has too much in progress.
    #[error("too many dials in progress ({limit})")]
    TooManyDials {
        /// The limit.
        limit: usize,
    },
    /// The transport was shut down.
    #[error("the transport is shut down")]
    TransportClosed,
}

/// How far a connection had come that was not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing was heard from the other end.
    Contact,
    /// Choosing a security protocol, where there is a choice.
    Negotiation,
    /// The security handshake.
    Handshake,
    /// Choosing how to carry streams.
    Muxer,
}

/// Why listening on an address failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// No part of this host can listen on such an address.
    #[error("no transport here listens on {address}")]
    Unsupported {
        /// The address.
        address: Address,
    },
    /// The operating system would not bind the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: Address,
        /// What the operating system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// The transport was shut down.
    #[error("the transport is shut down")]
    TransportClosed,
}

impl DialError {
    /// Returns where the attempt ended, if it went out at all.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Unreachable { .. } | Self::Refused { .. } => Some(Phase::Contact),
            Self::Failed { phase, .. } => Some(*phase),
            Self::Unsupported { .. } | Self::TooManyDials { .. } | Self::TransportClosed => None,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "first contact",
            Self::Negotiation => "the negotiation of a security protocol",
            Self::Handshake => "the handshake",
            Self::Muxer => "muxer negotiation",
        })
    }
}
