//! What an endpoint is made from.

use std::{net::SocketAddr, sync::Arc};

use sinew_identity::Keypair;
use sinew_tls::{Certificate, CryptoProvider, TimeProvider};

use crate::Config;

/// What an [`Endpoint`](crate::Endpoint) is made from.
#[derive(Debug)]
pub struct Parameters<'a> {
    /// The host key. The keys of stateless resets and connection ids are derived from it, so that a
    /// node that was restarted can end the connections of its former life.
    pub keypair: &'a Keypair,
    /// The address that the socket is bound to. Those keys are its own, for a socket that had them from
    /// another would give away what ends the other's connections. The same after a restart.
    pub socket: SocketAddr,
    /// A certificate of that key.
    pub certificate: &'a Certificate,
    /// The settings.
    pub config: Config,
    /// The cryptography; usually [`sinew_tls::default_provider`].
    pub provider: Arc<CryptoProvider>,
    /// The wall clock, for certificates and address tokens.
    pub time: Arc<dyn TimeProvider>,
    /// Where all chance in the endpoint and its connections comes from, apart from what the provider
    /// draws. Must be unpredictable to others and never the same twice.
    pub seed: [u8; 32],
}
