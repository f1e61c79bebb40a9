//! `HostBuilder`: what a host is made of.

use std::sync::Arc;

use sinew_identity::Keypair;
use sinew_multiaddr::Address;
use sinew_runtime::{Resolver, Runtime};
use sinew_swarm::{Config, ListenError, Swarm, SwarmParameters};
use sinew_transport::Transport;

use crate::{Host, chance::Chance, host::Inner};

/// Describes a host. Made by [`Host::builder`].
#[derive(Debug)]
#[must_use = "a host is made by `start`"]
pub struct HostBuilder {
    keypair: Keypair,
    listen: Vec<Address>,
    transports: Vec<Arc<dyn Transport>>,
    resolver: Option<Arc<dyn Resolver>>,
    runtime: Option<Runtime>,
    config: Config,
    seed: Option<[u8; 32]>,
    #[cfg(feature = "quic")]
    pub(crate) quic: crate::quic_transport::Options,
    #[cfg(feature = "tcp")]
    pub(crate) tcp: crate::tcp_transport::Options,
    #[cfg(feature = "identify")]
    pub(crate) identify: crate::identify_service::Options,
}

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The QUIC transport cannot be made.
    #[cfg(feature = "quic")]
    #[error("quic cannot be started")]
    Quic(#[from] sinew_quic::StartError),
    /// The TCP transport cannot be made.
    #[cfg(feature = "tcp")]
    #[error("tcp cannot be started")]
    Tcp(#[from] sinew_tcp::StartError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl HostBuilder {
    pub(crate) fn new(keypair: Keypair) -> Self {
        Self {
            keypair,
            listen: Vec::new(),
            transports: Vec::new(),
            resolver: None,
            runtime: None,
            config: Config::default(),
            seed: None,
            #[cfg(feature = "quic")]
            quic: Default::default(),
            #[cfg(feature = "tcp")]
            tcp: Default::default(),
            #[cfg(feature = "identify")]
            identify: Default::default(),
        }
    }

    /// Listens at `address` from the start. Can be given several times; port 0 picks a free one.
    pub fn listen(mut self, address: Address) -> Self {
        self.listen.push(address);
        self
    }

    /// Adds a transport. It is asked before QUIC and TCP, which are there by default, whether it handles an
    /// address.
    ///
    /// It has to prove the identity of the same key.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transports.push(transport);
        self
    }

    /// Looks names up with `resolver`. Without one, the system's name servers are asked; with another
    /// [`runtime`](Self::runtime) or without the feature `dns`, addresses with names cannot be dialed.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Changes limits and timeouts.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Takes another clock and other tasks than tokio's.
    pub fn runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Makes everything random follow from `seed`, for simulations. Anybody who knows the seed knows the
    /// host's secrets.
    pub fn dangerous_seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the host.
    ///
    /// # Errors
    ///
    /// An address cannot be listened on, or the settings do not fit.
    pub async fn start(self) -> Result<Host, StartError> {
        let resolver = self.resolver;
        #[cfg(feature = "dns")]
        let resolver = resolver.or_else(|| crate::dns_resolver::system(self.runtime.as_ref()));
        let runtime = self.runtime.unwrap_or_else(Runtime::tokio);
        let chance = Chance::new(self.seed);
        #[cfg_attr(
            not(any(feature = "quic", feature = "tcp")),
            expect(unused_mut, reason = "there is nothing to add to them")
        )]
        let mut transports = self.transports;
        #[cfg(feature = "quic")]
        transports.extend(self.quic.make(&self.keypair, &runtime, &mut chance.rng())?);
        #[cfg(feature = "tcp")]
        transports.extend(self.tcp.make(&self.keypair, &runtime, &mut chance.rng())?);
        let swarm = Swarm::start(SwarmParameters {
            local_peer: self.keypair.peer_id(),
            transports,
            resolver,
            runtime: runtime.clone(),
            config: self.config,
        });
        let host = Host {
            inner: Arc::new(Inner {
                swarm,
                runtime,
                chance,
                #[cfg(feature = "identify")]
                identify: self.identify.service(self.keypair),
            }),
        };
        #[cfg(feature = "ping")]
        crate::ping_service::start(&host);
        #[cfg(feature = "identify")]
        crate::identify_service::start(&host);
        for address in self.listen {
            host.listen(address).await?;
        }
        Ok(host)
    }
}
