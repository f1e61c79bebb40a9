//! rustls configurations for libp2p, one for each handshake.

use std::{fmt, sync::Arc};

use rustls::{
    client::Resumption,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms},
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::NoServerSessionStorage,
    sign::{CertifiedKey, SingleCertAndKey},
    time_provider::TimeProvider,
};
use sinew_identity::PeerId;

use crate::{ALPN, Certificate, Verdict, verifier::Verifier};

/// What both templates are made from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The protocols to negotiate, best first. [`ALPN`] alone for QUIC; on TCP the muxers before it.
    pub alpn: Vec<Vec<u8>>,
    /// The cryptography. See [`default_provider`](crate::default_provider).
    pub provider: Arc<CryptoProvider>,
    /// The wall clock that certificates are checked against.
    pub time: Arc<dyn TimeProvider>,
}

impl Options {
    /// Returns the options for QUIC: the ALPN is `libp2p` and nothing else.
    #[must_use]
    pub fn quic(provider: Arc<CryptoProvider>, time: Arc<dyn TimeProvider>) -> Self {
        Self {
            alpn: vec![ALPN.to_vec()],
            provider,
            time,
        }
    }
}

/// Makes the configuration of each handshake in which we are the TLS client.
#[derive(Clone)]
pub struct ClientTemplate {
    config: rustls::ClientConfig,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientTemplate {
    /// Prepares what is the same in every handshake.
    ///
    /// # Errors
    ///
    /// The provider cannot do TLS 1.3, or cannot use the certificate's key.
    pub fn new(certificate: &Certificate, options: &Options) -> Result<Self, ConfigError> {
        let algorithms = options.provider.signature_verification_algorithms;
        let verifier = Verifier::new(algorithms, None, Arc::default());
        let resolver = resolver(certificate, &options.provider)?;
        let mut config = rustls::ClientConfig::builder_with_details(
            Arc::clone(&options.provider),
            Arc::clone(&options.time),
        )
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(ConfigError::Provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(resolver);

        config.alpn_protocols.clone_from(&options.alpn);
        // [tls §Future Extensibility] Clients do not send SNI.
        config.enable_sni = false;
        // rustls skips the verifier when it resumes, and with it the identity.
        config.resumption = Resumption::disabled();
        Ok(Self { config, algorithms })
    }

    /// Returns a configuration for one handshake, and where its verifier writes what it found.
    ///
    /// With `expected`, the handshake fails unless the server proves to be that peer. Costs a few
    /// hundred nanoseconds.
    #[must_use]
    pub fn for_handshake(
        &self,
        expected: Option<PeerId>,
    ) -> (Arc<rustls::ClientConfig>, Arc<Verdict>) {
        let verdict = Arc::<Verdict>::default();
        let verifier = Verifier::new(self.algorithms, expected, Arc::clone(&verdict));
        let mut config = self.config.clone();
        config
            .dangerous()
            .set_certificate_verifier(Arc::new(verifier));
        (Arc::new(config), verdict)
    }
}

/// Makes the configuration of each handshake in which we are the TLS server.
#[derive(Clone)]
pub struct ServerTemplate {
    resolver: Arc<SingleCertAndKey>,
    options: Options,
}

impl ServerTemplate {
    /// Prepares what is the same in every handshake.
    ///
    /// # Errors
    ///
    /// The provider cannot do TLS 1.3, or cannot use the certificate's key.
    pub fn new(certificate: &Certificate, options: &Options) -> Result<Self, ConfigError> {
        let template = Self {
            resolver: resolver(certificate, &options.provider)?,
            options: options.clone(),
        };
        // What can fail does not depend on the verifier, so it fails here or never.
        template.build(Arc::default())?;
        Ok(template)
    }

    /// Returns a configuration for one handshake, and where its verifier writes what it found.
    ///
    /// # Panics
    ///
    /// Never: the same configuration was built once by [`new`](Self::new).
    #[must_use]
    pub fn for_handshake(&self) -> (Arc<rustls::ServerConfig>, Arc<Verdict>) {
        let verdict = Arc::<Verdict>::default();
        let config = self
            .build(Arc::clone(&verdict))
            .expect("the same options were accepted by `new`");
        (Arc::new(config), verdict)
    }

    fn build(&self, verdict: Arc<Verdict>) -> Result<rustls::ServerConfig, ConfigError> {
        let provider = &self.options.provider;
        let algorithms = provider.signature_verification_algorithms;
        let mut config = rustls::ServerConfig::builder_with_details(
            Arc::clone(provider),
            Arc::clone(&self.options.time),
        )
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(ConfigError::Provider)?
        // [tls §Handshake Protocol] Servers require the client's certificate.
        .with_client_cert_verifier(Arc::new(Verifier::new(algorithms, None, verdict)))
        .with_cert_resolver(Arc::<SingleCertAndKey>::clone(&self.resolver));

        config.alpn_protocols.clone_from(&self.options.alpn);
        config.ignore_client_order = true;
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(config)
    }
}

/// Returns the server name that a TLS client is given for `peer`; it is never sent.
///
/// rustls wants one, and keeps what it remembers of servers under it: one name per peer keeps peers
/// apart.
#[must_use]
pub fn server_name(peer: Option<&PeerId>) -> String {
    peer.map_or_else(|| "unknown.invalid".into(), PeerId::to_string)
}

/// Why no TLS configuration can be made; a mistake of whoever chose the options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The cryptography provider cannot do TLS 1.3.
    #[error("the cryptography provider cannot do TLS 1.3")]
    Provider(#[source] rustls::Error),
    /// The cryptography provider cannot use the certificate's key.
    #[error("the cryptography provider cannot use the certificate's key")]
    Key(#[source] rustls::Error),
}

fn resolver(
    certificate: &Certificate,
    provider: &CryptoProvider,
) -> Result<Arc<SingleCertAndKey>, ConfigError> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certificate.key_der().to_vec()));
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(ConfigError::Key)?;
    let chain = vec![certificate.der().to_vec().into()];
    Ok(Arc::new(CertifiedKey::new(chain, key).into()))
}

impl fmt::Debug for ClientTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTemplate").finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTemplate").finish_non_exhaustive()
    }
}
