//! What all connections of a host share.

use std::{fmt, sync::Arc, time::Instant};

use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::{Keypair, PeerId};
use sinew_multistream_proto::{Protocol, Protocols};
use sinew_tls::{
    ALPN, Certificate, ClientTemplate, CryptoProvider, Options, ServerTemplate, TimeProvider,
};

use crate::{Config, ConfigError, Connection, Security, channel::MAX_FRAMES, security::YAMUX};

/// What all connections of a host share: its keys and its settings. Never changes.
pub struct Endpoint {
    pub(crate) config: Config,
    pub(crate) noise: Arc<sinew_noise_proto::Config>,
    pub(crate) client: ClientTemplate,
    pub(crate) server: ServerTemplate,
    pub(crate) yamux: Arc<sinew_yamux_proto::Config>,
    /// The names of the security protocols, for negotiations in which we listen.
    pub(crate) securities: Protocols,
    pub(crate) muxers: Protocols,
    peer_id: PeerId,
}

/// What an [`Endpoint`] is made from.
#[derive(Debug)]
pub struct Parameters<'a> {
    /// The host key.
    pub keypair: &'a Keypair,
    /// A certificate of that key.
    pub certificate: &'a Certificate,
    /// The settings.
    pub config: Config,
    /// The cryptography of TLS handshakes; usually [`sinew_tls::default_provider`].
    pub provider: Arc<CryptoProvider>,
    /// The wall clock, for certificates.
    pub time: Arc<dyn TimeProvider>,
    /// Where the Noise key comes from. Must be unpredictable to others and never the same twice.
    pub seed: [u8; 32],
}

/// Whom to call, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dial {
    /// Who must answer; with `None` whoever is there.
    pub expected: Option<PeerId>,
    /// The security protocol that the peer is known to speak. Saves the round trip in which it is asked;
    /// a peer that does not speak it cannot be reached. With `None`, all that are configured are offered.
    pub security: Option<Security>,
}

impl Endpoint {
    /// Makes what all connections of a host share.
    ///
    /// # Errors
    ///
    /// The parameters do not fit together.
    pub fn new(parameters: Parameters<'_>) -> Result<Arc<Self>, ConfigError> {
        let Parameters {
            keypair,
            certificate,
            config,
            provider,
            time,
            seed,
        } = parameters;
        config.validate()?;
        if certificate.peer_id() != keypair.peer_id() {
            return Err(ConfigError::ForeignCertificate);
        }
        let mut noise = sinew_noise_proto::Config::new(keypair, &mut StdRng::from_seed(seed))?;
        // [muxer-selection §Multiplexer Negotiation over TLS] The muxers, and `libp2p` for peers that
        // know none of this.
        let mut alpn = vec![ALPN.to_vec()];
        if config.early_muxer {
            noise = noise
                .with_muxers([EARLY_MUXER])
                .expect("one short name is within the limits");
            alpn.insert(0, EARLY_MUXER.as_bytes().to_vec());
        }
        let options = Options {
            alpn,
            provider,
            time,
        };
        let mut yamux = config.yamux.clone();
        // What one record can ask for is answered; whether another is opened is decided before.
        yamux.max_replies = yamux.max_replies.saturating_add(MAX_FRAMES);
        let securities = config.securities.iter().copied().map(Security::protocol);
        Ok(Arc::new(Self {
            noise: Arc::new(noise),
            client: ClientTemplate::new(certificate, &options)?,
            server: ServerTemplate::new(certificate, &options)?,
            yamux: Arc::new(yamux),
            securities: securities.collect(),
            muxers: Protocols::from([YAMUX]),
            peer_id: keypair.peer_id(),
            config,
        }))
    }

    /// Starts a connection over a byte stream that we asked for. The first bytes are due at once.
    ///
    /// `seed` is where the connection's chance comes from, apart from what the provider draws. It must be
    /// unpredictable to others and never the same twice.
    #[must_use]
    pub fn dial(self: &Arc<Self>, now: Instant, dial: Dial, seed: [u8; 32]) -> Connection {
        Connection::dial(Arc::clone(self), now, dial, seed)
    }

    /// Starts a connection over a byte stream that somebody else asked for; `seed` as for
    /// [`dial`](Self::dial).
    #[must_use]
    pub fn accept(self: &Arc<Self>, now: Instant, seed: [u8; 32]) -> Connection {
        Connection::accept(Arc::clone(self), now, seed)
    }

    /// Returns who we are.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Returns the settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the names of what a dialer offers, the best first.
    pub(crate) fn offers(&self, dial: Dial) -> Vec<Protocol> {
        match dial.security {
            Some(security) => vec![security.protocol()],
            None => {
                let all = self.config.securities.iter().copied();
                all.map(Security::protocol).collect()
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("peer_id", &self.peer_id)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// The muxer's name in both handshakes.
pub(crate) const EARLY_MUXER: &str = "/yamux/1.0.0";
