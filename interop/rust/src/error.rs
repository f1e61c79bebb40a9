//! What can go wrong, with the phase in which it did.

use std::io;

use libp2p::swarm::DialError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("noise: {0}")]
    Noise(#[from] libp2p::noise::Error),
    #[error("tls: {0}")]
    Certificate(#[from] libp2p::tls::certificate::GenError),
    #[error("listen: {0}")]
    Listen(#[from] libp2p::TransportError<io::Error>),
    #[error("listen: closed: {0}")]
    ListenerClosed(String),
    #[error("the address has no /p2p part")]
    NoPeerId,
    #[error("connect: {0}")]
    Dial(#[from] DialError),
    #[error("the connection closed: {0}")]
    Closed(String),
    #[error("identify: {0}")]
    Identify(String),
    #[error("ping: {0}")]
    Ping(#[from] libp2p::ping::Failure),
    #[error("cannot open a stream: {0}")]
    OpenStream(#[from] libp2p_stream::OpenStreamError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("echo: byte {at} came back changed")]
    Changed { at: usize },
    #[error("echo: {received} bytes came back, {sent} were sent")]
    Length { sent: usize, received: usize },
    #[error("{0}")]
    Unexpected(String),
    #[error("no answer within {0} s")]
    TimedOut(u64),
}
