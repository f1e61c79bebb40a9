//! Why a transport cannot be made.

/// Why a [`TcpTransport`](crate::TcpTransport) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The certificate cannot be made.
    #[error("the certificate cannot be made")]
    Certificate(#[from] sinew_tls::GenerateError),
    /// The configuration or the cryptography provider does not fit.
    #[error("the configuration does not fit")]
    Config(#[from] sinew_tcp_proto::ConfigError),
}
