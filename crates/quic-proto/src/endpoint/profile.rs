//! quinn-proto's settings, which differ with where a peer is.

use std::sync::Arc;

use quinn_proto::{ServerConfig, TransportConfig};

use crate::{Config, config::Vicinity};

/// The settings of connections by where their peers are.
pub(super) struct Profiles {
    loopback: Profile,
    elsewhere: Profile,
}

/// The settings of a connection.
pub(super) struct Profile {
    pub(super) dialer: Arc<TransportConfig>,
    pub(super) listener: Arc<ServerConfig>,
}

impl Profiles {
    /// Fills in what is left out in `server`.
    pub(super) fn new(config: &Config, server: ServerConfig) -> Self {
        let profile = |peer| {
            let transport = Arc::new(config.transport(peer));
            let mut server = server.clone();
            server.transport_config(transport.clone());
            Profile {
                dialer: transport,
                listener: Arc::new(server),
            }
        };
        Self {
            loopback: profile(Vicinity::Loopback),
            elsewhere: profile(Vicinity::Elsewhere),
        }
    }

    pub(super) fn of(&self, peer: Vicinity) -> &Profile {
        match peer {
            Vicinity::Loopback => &self.loopback,
            Vicinity::Elsewhere => &self.elsewhere,
        }
    }
}
