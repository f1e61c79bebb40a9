//! What an endpoint is made from.

use std::sync::Arc;

use sinew_identity::Keypair;
use sinew_tls::{Certificate, CryptoProvider, TimeProvider};

use crate::Config;

/// What an [`Endpoint`](crate::Endpoint) is made from.
#[derive(Debug)]
pub struct Parameters<'a> {
    /// The host key. The keys of stateless resets and connection ids are derived from it, so that a
    /// node that was restarted can end the connections of its former life.
    pub keypair: &'a Keypair,
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
