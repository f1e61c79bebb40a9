//! The TCP transport, with the feature `tcp`.

use std::sync::Arc;

use rand::CryptoRng;
use sinew_identity::Keypair;
use sinew_runtime::{Runtime, TcpNetwork, TokioTcp};
use sinew_tcp::{Config, TcpTransport};
use sinew_transport::Transport;

use crate::{HostBuilder, StartError};

/// What a host's TCP is made of.
#[derive(Debug)]
pub(crate) struct Options {
    config: Config,
    network: Arc<dyn TcpNetwork>,
    is_off: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Config::default(),
            network: Arc::new(TokioTcp),
            is_off: false,
        }
    }
}

impl HostBuilder {
    /// Changes the settings of TCP.
    pub fn tcp(mut self, config: Config) -> Self {
        self.tcp.config = config;
        self
    }

    /// Takes another network for TCP than the operating system's.
    pub fn tcp_network(mut self, network: Arc<dyn TcpNetwork>) -> Self {
        self.tcp.network = network;
        self
    }

    /// Leaves TCP out: addresses with `/tcp` can be neither dialed nor listened on.
    pub fn without_tcp(mut self) -> Self {
        self.tcp.is_off = true;
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
        let Self {
            config, network, ..
        } = self;
        let transport = TcpTransport::new(keypair, runtime.clone(), network, config, rng)?;
        Ok(Some(Arc::new(transport)))
    }
}
