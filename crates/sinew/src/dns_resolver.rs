//! Looking names up, with the feature `dns`.

use std::{net::SocketAddr, sync::Arc};

use sinew_dns::{Config, DnsResolver};
use sinew_runtime::{Resolver, Runtime};

use crate::HostBuilder;

impl HostBuilder {
    /// Asks these name servers instead of the system's.
    pub fn name_servers(self, servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.resolver(Arc::new(DnsResolver::new(servers, Config::default())))
    }
}

/// Returns what asks the system's name servers. It runs on tokio, so a host with another runtime gets none.
pub(crate) fn system(runtime: Option<&Runtime>) -> Option<Arc<dyn Resolver>> {
    match runtime {
        Some(_) => None,
        None => Some(Arc::new(DnsResolver::system())),
    }
}
