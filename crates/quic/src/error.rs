//! Why a transport cannot be made.

/// Why a [`QuicTransport`](crate::QuicTransport) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The certificate cannot be made.
    #[error("the certificate cannot be made")]
    Certificate(#[from] sinew_tls::GenerateError),
    /// The configuration or the cryptography provider does not fit.
    #[error("the configuration does not fit")]
    Config(#[from] sinew_quic_proto::ConfigError),
}
