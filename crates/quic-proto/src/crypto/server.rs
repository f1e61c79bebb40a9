//! The TLS configuration of all that we accept.

use std::sync::Arc;

use quinn_proto::{
    ConnectionId,
    crypto::{self, Keys, UnsupportedVersion, rustls::QuicServerConfig},
    transport_parameters::TransportParameters,
};
use sinew_tls::ServerTemplate;

use super::{HandshakeRecord, session::Session};
use crate::ConfigError;

/// Starts the TLS session of each accept, with a verifier of its own.
pub(crate) struct ServerCrypto {
    template: ServerTemplate,
    /// For what needs no session: the keys of first packets and Retry.
    stateless: QuicServerConfig,
}

impl ServerCrypto {
    pub(crate) fn new(template: ServerTemplate) -> Result<Self, ConfigError> {
        let (config, _) = template.for_handshake();
        Ok(Self {
            stateless: QuicServerConfig::try_from(config)
                .map_err(|_| ConfigError::NoInitialSuite)?,
            template,
        })
    }
}

impl crypto::ServerConfig for ServerCrypto {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        params: &TransportParameters,
    ) -> Box<dyn crypto::Session> {
        let (config, verdict) = self.template.for_handshake();
        let config = QuicServerConfig::try_from(config)
            .expect("`new` made a configuration of the same template");
        let inner = Arc::new(config).start_session(version, params);
        let record = Arc::new(HandshakeRecord::new(verdict));
        Box::new(Session::new(inner, record))
    }

    fn initial_keys(
        &self,
        version: u32,
        dst_cid: &ConnectionId,
    ) -> Result<Keys, UnsupportedVersion> {
        self.stateless.initial_keys(version, dst_cid)
    }

    fn retry_tag(&self, version: u32, orig_dst_cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.stateless.retry_tag(version, orig_dst_cid, packet)
    }
}
