//! The TLS configuration of one dial.

use std::sync::Arc;

use quinn_proto::{
    ConnectError,
    crypto::{self, rustls::QuicClientConfig},
    transport_parameters::TransportParameters,
};
use sinew_identity::PeerId;
use sinew_tls::ClientTemplate;

use super::{HandshakeRecord, session::Session};
use crate::ConfigError;

/// Starts the TLS session of one dial, with a verifier of its own.
pub(crate) struct ClientCrypto {
    inner: Arc<QuicClientConfig>,
    record: Arc<HandshakeRecord>,
}

impl ClientCrypto {
    pub(crate) fn new(
        template: &ClientTemplate,
        expected: Option<PeerId>,
    ) -> Result<Self, ConfigError> {
        let (config, verdict) = template.for_handshake(expected);
        Ok(Self {
            inner: Arc::new(
                QuicClientConfig::try_from(config).map_err(|_| ConfigError::NoInitialSuite)?,
            ),
            record: Arc::new(HandshakeRecord::new(verdict)),
        })
    }
}

impl crypto::ClientConfig for ClientCrypto {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        server_name: &str,
        params: &TransportParameters,
    ) -> Result<Box<dyn crypto::Session>, ConnectError> {
        let inner = Arc::clone(&self.inner).start_session(version, server_name, params)?;
        Ok(Box::new(Session::new(inner, Arc::clone(&self.record))))
    }
}
