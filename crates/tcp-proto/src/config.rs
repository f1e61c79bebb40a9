//! What an endpoint can be told to do differently.

use std::time::Duration;

use crate::Security;

/// The settings of an [`Endpoint`](crate::Endpoint) and all its connections.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The security protocols, the best first. TLS, then Noise: both take as many round trips, TLS half
    /// of Noise's work per byte where the processor has AES.
    pub securities: Vec<Security>,
    /// The time from the first byte until both sides know what they speak: negotiation, handshake and
    /// muxer together. 10 s, as for QUIC.
    pub handshake_timeout: Duration,
    /// Whether the muxer is agreed on inside the handshake where the peer can. True: without it, each
    /// side has to negotiate it afterwards.
    pub early_muxer: bool,
    /// The streams.
    pub yamux: sinew_yamux_proto::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            securities: Security::ALL.to_vec(),
            handshake_timeout: Duration::from_secs(10),
            early_muxer: true,
            yamux: sinew_yamux_proto::Config::default(),
        }
    }
}

impl Config {
    /// Checks the values once, so that nothing has to be checked later.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let is_twice = |security| {
            let same = |other: &&Security| **other == security;
            self.securities.iter().filter(same).count() > 1
        };
        let rules = [
            (!self.securities.is_empty(), "securities is empty"),
            (
                !Security::ALL.into_iter().any(is_twice),
                "securities names one twice",
            ),
            (
                !self.handshake_timeout.is_zero(),
                "handshake_timeout is zero",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(ConfigError::OutOfRange(rule)),
            None => Ok(self.yamux.validate()?),
        }
    }
}

/// Why no endpoint can be made; a mistake of whoever chose the parameters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is out of its range.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// A value for Yamux is out of its range.
    #[error("yamux cannot be set up")]
    Yamux(#[from] sinew_yamux_proto::ConfigError),
    /// The certificate belongs to another key pair.
    #[error("the certificate belongs to another key pair")]
    ForeignCertificate,
    /// TLS cannot be set up.
    #[error("tls cannot be set up")]
    Tls(#[from] sinew_tls::ConfigError),
    /// The host key cannot sign.
    #[error("the host key cannot sign")]
    HostKey(#[from] sinew_identity::SignError),
}
