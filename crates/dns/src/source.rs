//! Where the name servers come from.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hickory_resolver::{
    ResolverBuilder, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
};
use sinew_runtime::LookupError;
use tracing::debug;

use crate::Config;

/// Makes the resolver when it is needed, and anew when it turned out to be of no use.
pub(crate) struct Source {
    settings: Settings,
    config: Config,
    made: Mutex<Option<TokioResolver>>,
}

#[derive(Debug)]
enum Settings {
    /// What the system says.
    System,
    Servers(Vec<SocketAddr>),
}

type Builder = ResolverBuilder<TokioRuntimeProvider>;

impl Source {
    pub(crate) fn system(config: Config) -> Self {
        Self::new(Settings::System, config)
    }

    pub(crate) fn servers(servers: Vec<SocketAddr>, config: Config) -> Self {
        Self::new(Settings::Servers(servers), config)
    }

    fn new(settings: Settings, config: Config) -> Self {
        Self {
            settings,
            config,
            made: Mutex::new(None),
        }
    }

    /// Returns the resolver. Clones share connections and memory.
    pub(crate) fn get(&self) -> Result<TokioResolver, LookupError> {
        let mut made = self.lock();
        if let Some(resolver) = &*made {
            return Ok(resolver.clone());
        }
        let resolver = self.make().map_err(|error| {
            debug!(%error, "the name servers are not known");
            LookupError::NoServer
        })?;
        *made = Some(resolver.clone());
        Ok(resolver)
    }

    /// Reads the system's settings again before the next look-up.
    pub(crate) fn forget(&self) {
        if matches!(self.settings, Settings::System) {
            self.lock().take();
        }
    }

    fn make(&self) -> Result<TokioResolver, NetError> {
        let mut builder = match &self.settings {
            Settings::System => TokioResolver::builder_tokio()?,
            Settings::Servers(servers) if servers.is_empty() => {
                return Err(NetError::NoConnections);
            }
            Settings::Servers(servers) => self.builder_for(servers),
        };
        builder.options_mut().cache_size = self.config.max_remembered;
        builder.build()
    }

    fn builder_for(&self, servers: &[SocketAddr]) -> Builder {
        let servers = servers.iter().map(name_server).collect();
        let config = ResolverConfig::from_name_servers(servers);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.timeout = self.config.timeout;
        options.attempts = self.config.retries;
        options.use_hosts_file = ResolveHosts::Never;
        builder
    }

    fn lock(&self) -> MutexGuard<'_, Option<TokioResolver>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("settings", &self.settings)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    let with_port = |connection: &mut ConnectionConfig| connection.port = address.port();
    server.connections.iter_mut().for_each(with_port);
    server
}
