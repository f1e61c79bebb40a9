//! The QUIC transport, with the feature `quic`.

use std::sync::Arc;

use sinew_identity::Keypair;
use sinew_quic::{Config, QuicTransport};
use sinew_runtime::{Runtime, UdpNetwork};
use sinew_transport::Transport;
use sinew_udp::OsUdp;

use crate::{HostBuilder, StartError, chance::Chance};

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

/// Makes the transport.
pub(crate) fn make(
    options: Options,
    keypair: &Keypair,
    runtime: &Runtime,
    chance: &Chance,
) -> Result<Option<Arc<dyn Transport>>, StartError> {
    let Options { config, udp } = options;
    let transport = QuicTransport::new(keypair, runtime.clone(), udp, config, &mut chance.rng())?;
    Ok(Some(Arc::new(transport)))
}
