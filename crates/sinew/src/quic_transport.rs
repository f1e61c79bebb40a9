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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Config::default(),
            udp: Arc::new(OsUdp),
        }
    }
}

impl HostBuilder {
    /// Changes the settings of QUIC.
    pub fn quic(mut self, config: Config) -> Self {
        self.quic.config = config;
        self
    }

    /// Takes another network than the operating system's.
    pub fn udp(mut self, network: Arc<dyn UdpNetwork>) -> Self {
        self.quic.udp = network;
        self
    }
}

impl Options {
    /// Makes the transport.
    pub(crate) fn make(
        self,
        keypair: &Keypair,
        runtime: &Runtime,
        rng: &mut impl CryptoRng,
    ) -> Result<Arc<dyn Transport>, StartError> {
        let Self { config, udp } = self;
        let transport = QuicTransport::new(keypair, runtime.clone(), udp, config, rng)?;
        Ok(Arc::new(transport))
    }
}
