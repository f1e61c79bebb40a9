//! What the TCP transport can be told to do differently.

use std::time::Duration;

use sinew_runtime::TcpOptions;

/// The settings of a [`TcpTransport`](crate::TcpTransport).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Security protocols and their order, the muxer's choice, the streams, and the time for the set-up of a
    /// connection.
    pub protocol: sinew_tcp_proto::Config,
    /// How sockets are made. What it says about a local address is ignored: each dial has its own.
    pub tcp: TcpOptions,
    /// The time until a dialed host answers at all. 5 s, as go-libp2p: two packets may be lost on the way.
    pub connect_timeout: Duration,
    /// How long a connection that was closed is kept for the peer to hear of it. 1 s: several round trips on
    /// most paths.
    pub close_timeout: Duration,
    /// How much is read at a time, in bytes, at most; a connection on which little arrives reads less. 256 KiB:
    /// a few records of the largest kind.
    pub max_read: usize,
    /// How much is gathered for one write, in bytes, about. 128 KiB: what the kernel takes while its own queue
    /// of unsent bytes is short ([`TcpOptions::not_sent_low_water`]).
    pub max_write: usize,
    /// Inbound handshakes in progress on one listener. 256; further connections are closed at once.
    pub max_handshaking: usize,
    /// Connections that wait to be taken from a listener. 256; further ones are closed.
    pub max_unaccepted: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocol: sinew_tcp_proto::Config::default(),
            tcp: TcpOptions::default(),
            connect_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_secs(1),
            max_read: 256 << 10,
            max_write: 128 << 10,
            max_handshaking: 256,
            max_unaccepted: 256,
        }
    }
}
