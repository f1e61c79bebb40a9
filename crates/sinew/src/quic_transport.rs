//! The QUIC transport, with the feature `quic`.

use std::sync::Arc;

use rand::CryptoRng;
use sinew_identity::Keypair;
use sinew_quic::{Config, QuicTransport};
use sinew_runtime::{Runtime, UdpNetwork};
use sinew_transport::Transport;
use sinew_udp::OsUdp;

use crate::{HostBuilder, StartError};

/// What a host's QUIC is made of.
#[derive(Debug)]
pub(crate) struct Options {
    config: Config,
    udp: Arc<dyn UdpNetwork>,
    is_off: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Config::default(),
            udp: Arc::new(OsUdp),
            is_off: false,
        }
    }
}

impl HostBuilder {
    /// Changes the settings of QUIC.
    pub fn quic(mut self, config: Config) -> Self {
        self.quic.config = config;
        self
    }

    /// Takes another network for QUIC than the operating system's.
    pub fn udp(mut self, network: Arc<dyn UdpNetwork>) -> Self {
        self.quic.udp = network;
        self
    }

    /// Leaves QUIC out: addresses with `/quic-v1` can be neither dialed nor listened on.
    pub fn without_quic(mut self) -> Self {
        self.quic.is_off = true;
        self
    }
}

impl Options {
    /// Makes the transport, unless the host has none.
    pub(crate) fn make(
        self,
        keypair: &Keypair,
        runtime: &Runtime,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Arc<dyn Transport>>, StartError> {
        if self.is_off {
            return Ok(None);
        }
        let Self { config, udp, .. } = self;
        let transport = QuicTransport::new(keypair, runtime.clone(), udp, config, rng)?;
        Ok(Some(Arc::new(transport)))
    }
}
