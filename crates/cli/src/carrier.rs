//! How a connection carries streams, for people and for programs.

use std::fmt;

use serde::Serialize;
use sinew::{ConnectionInfo, MuxerChoice};
use sinew_multiaddr::TransportKind;

/// How a connection carries streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Carrier {
    transport: &'static str,
    security: &'static str,
    muxer: &'static str,
    /// Where the two sides agreed on the muxer.
    muxer_choice: &'static str,
    #[serde(skip)]
    text: String,
}

impl Carrier {
    pub(crate) fn of(connection: &ConnectionInfo) -> Self {
        let security = connection.security;
        let transport = match connection.remote_address.transport() {
            Some(TransportKind::QuicV1) => "quic-v1",
            Some(TransportKind::Tcp) => "tcp",
            Some(TransportKind::Memory) => "memory",
            _ => "other",
        };
        Self {
            transport,
            security: security.security,
            muxer: security.muxer,
            muxer_choice: match security.choice {
                MuxerChoice::BuiltIn => "built-in",
                MuxerChoice::InTls => "tls",
                MuxerChoice::InNoise => "noise",
                MuxerChoice::Negotiated => "negotiated",
                _ => "other",
            },
            text: format!("{transport}, {security}"),
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
