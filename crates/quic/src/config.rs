//! What the QUIC transport can be told to do differently.

use std::time::Duration;

use sinew_runtime::UdpOptions;

/// The settings of a [`QuicTransport`](crate::QuicTransport).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Windows, limits and timeouts of the protocol.
    pub protocol: sinew_quic_proto::Config,
    /// The kernel buffers of each socket.
    pub udp: UdpOptions,
    /// How long a socket that only dials is kept once it has no connection. 10 s: the next dial then needs no
    /// new socket, and an idle host holds none.
    pub linger: Duration,
    /// How long a shutdown waits for peers to have heard of it. 1 s: several round trips on most paths.
    pub shutdown_timeout: Duration,
    /// Connections that wait to be taken from a listener. 256; further ones are closed.
    pub max_unaccepted: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocol: sinew_quic_proto::Config::default(),
            udp: UdpOptions::default(),
            linger: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(1),
            max_unaccepted: 256,
        }
    }
}
