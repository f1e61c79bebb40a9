//! quinn-proto's settings, which differ with where a peer is.

use std::sync::Arc;

use quinn_proto::{ServerConfig, TransportConfig};
use sinew_sans_io::Role;

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
            let transport = |role| Arc::new(config.transport(peer, role));
            let mut server = server.clone();
            server.transport_config(transport(Role::Listener));
            Profile {
                dialer: transport(Role::Dialer),
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
