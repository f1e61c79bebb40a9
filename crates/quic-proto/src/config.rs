//! What an endpoint can be told to do differently.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use quinn_proto::{
    AckFrequencyConfig, IdleTimeout, MtuDiscoveryConfig, TransportConfig, VarInt,
    congestion::{CubicConfig, NewRenoConfig},
};
use sinew_sans_io::BufferBudget;

use crate::connection::first_window;

use crate::congestion::TolerantFactory;

/// The settings of an [`Endpoint`](crate::Endpoint) and all its connections.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The time from the first packet to the end of the handshake. 10 s, as go-libp2p.
    pub handshake_timeout: Duration,
    /// Silence after which a connection is lost; the smaller of both sides' counts. 30 s, the shortest
    /// time in which common NATs forget.
    pub max_idle_timeout: Duration,
    /// Whether to break silence before it ends a connection. The ping comes after a third of the idle
    /// timeout that both sides have agreed on: 10 s, and 3.3 s towards rust-libp2p, which waits 10 s.
    pub keep_alive: bool,
    /// Streams that the peer may have open at once, at first. 16: memory is taken for each of them
    /// before it is used, and most connections need few.
    pub initial_streams: u32,
    /// Streams that the peer may have open at once, once it uses three quarters of what it has. 256, as go and rust.
    pub max_streams: u32,
    /// Bytes that the peer may send on a stream before we read them. 2 MiB less 51 B, by which our kind is known; the
    /// most is 2 MiB: QUIC stacks end connections that have about a thousand gaps in a stream, and the more is on its
    /// way the more can be lost at once. As much again is taken, and may be sent, while a reader waits for what is lost.
    pub stream_receive_window: u32,
    /// Whether what has arrived beyond a gap is taken out of quinn-proto while a reader waits. True; false is what others
    /// that stand on quinn-proto do, and is for simulations of them.
    pub reads_beyond_gaps: bool,
    /// Whether [`stream_receive_window`](Self::stream_receive_window), [`send_window`](Self::send_window) and
    /// [`max_send_window`](Self::max_send_window) may be larger than is safe. False: it is for simulations that show why.
    pub dangerous_windows: bool,
    /// Bytes that the peer may send on all streams before we read them. 16 MiB: what several streams hold at 1 Gbit/s
    /// and 50 ms while each of them waits for what was lost, and the most memory that a peer can fill by sending what
    /// nobody reads. A connection begins with 256 KiB and gets more as it needs more.
    pub receive_window: u32,
    /// Bytes that we keep, sent or not, until the peer acknowledges them and all before them. 2 MiB, which is
    /// safe towards any peer: QUIC stacks end connections that have about a thousand gaps in a stream. A
    /// connection begins with 256 KiB and takes more as it is written to.
    pub send_window: u32,
    /// What [`send_window`](Self::send_window) may grow to, in bytes, with twice the congestion window, towards
    /// a peer whose streams have the window that ours have by default, so that it is one of our kind. 16 MiB:
    /// what such a peer allows on all streams, and the most. No less than [`send_window`](Self::send_window). A lost
    /// packet keeps what was sent after it for two round trips.
    pub max_send_window: u32,
    /// What both windows beyond 256 KiB are taken from; where there is no room they do not grow. Unbounded.
    pub buffers: BufferBudget,
    /// The UDP payload to begin with, in bytes, 1200 to 65527. 1200, which every path carries.
    pub initial_mtu: u16,
    /// The largest UDP payload to look for on a path, in bytes; `None` not to look, which is right for
    /// a socket that may fragment. 1452, what Ethernet carries in IPv4 and IPv6.
    pub max_mtu: Option<u16>,
    /// The UDP payload towards a loopback address, where fewer and larger datagrams cost less, in bytes, at most 65527.
    /// 65000 on Linux and Android; 0 elsewhere, where it was not measured, and macOS sends no more than 9216 unless it
    /// is told to. Counts where it is more than [`max_mtu`](Self::max_mtu), and the peer takes so much.
    ///
    /// It is not looked for but used from the first datagram, because a search costs a short connection more than
    /// its handshake: set 0 where the machine carries less.
    pub max_loopback_mtu: u16,
    /// The largest UDP payload that we receive, in bytes, 1200 to 65527. 65527: the path and the peer decide.
    /// The socket's buffers must be as large.
    pub max_udp_payload: u16,
    /// How fast to send. [`Congestion::Tolerant`].
    pub congestion: Congestion,
    /// Unreliable datagrams; `None` to do without. libp2p has no use for them yet.
    pub datagrams: Option<DatagramConfig>,
    /// Handshakes that wait to be accepted, retried, refused or ignored. 256; further ones are dropped.
    pub max_incoming: usize,
    /// Answers to strangers that wait to be sent. 64; further ones are dropped.
    pub max_responses: usize,
    /// Whether peers may move to another address. True: NATs give out new ports, and phones new
    /// networks.
    pub migration: bool,
}

/// Where a peer is, as far as its address tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vicinity {
    /// On this machine.
    Loopback,
    Elsewhere,
}

/// How a connection decides how fast to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Congestion {
    /// Ours. Loss alone does not slow it down: it must come with a queue, with a mark of a router, be more
    /// than some 2 %, or become less when less is sent. It grows as Cubic does where there is no queue, and
    /// between Reno and Cubic where there is one, so that either gets its share.
    #[default]
    Tolerant,
    /// RFC 9438, the Internet's usual; every loss slows it down.
    Cubic,
    /// RFC 9002, the simplest.
    NewReno,
}

/// The buffers for unreliable datagrams, each in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatagramConfig {
    /// Datagrams that arrived and were not taken; the oldest are dropped. 1 MiB.
    pub receive_buffer: usize,
    /// Datagrams that wait to be sent. 1 MiB.
    pub send_buffer: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            max_idle_timeout: Duration::from_secs(30),
            keep_alive: true,
            initial_streams: 16,
            max_streams: 256,
            stream_receive_window: STREAM_WINDOW,
            reads_beyond_gaps: true,
            dangerous_windows: false,
            receive_window: 16 << 20,
            send_window: 2 << 20,
            max_send_window: 16 << 20,
            buffers: BufferBudget::default(),
            initial_mtu: 1200,
            max_mtu: Some(1452),
            max_loopback_mtu: if cfg!(any(target_os = "linux", target_os = "android")) {
                65_000
            } else {
                0
            },
            max_udp_payload: 65_527,
            congestion: Congestion::default(),
            datagrams: None,
            max_incoming: 256,
            max_responses: 64,
            migration: true,
        }
    }
}

impl Vicinity {
    pub(crate) fn of(peer: SocketAddr) -> Self {
        if peer.ip().to_canonical().is_loopback() {
            Self::Loopback
        } else {
            Self::Elsewhere
        }
    }
}

impl Default for DatagramConfig {
    fn default() -> Self {
        Self {
            receive_buffer: 1 << 20,
            send_buffer: 1 << 20,
        }
    }
}

impl Config {
    /// Checks the values once, so that nothing has to be checked later.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let rules = [
            (
                !self.handshake_timeout.is_zero(),
                "handshake_timeout is zero",
            ),
            (
                (Duration::from_millis(1)..Duration::from_secs(1 << 20))
                    .contains(&self.max_idle_timeout),
                "max_idle_timeout is not within 1 ms and 12 days",
            ),
            (
                self.initial_streams <= self.max_streams,
                "initial_streams is larger than max_streams",
            ),
            (
                self.max_streams <= 1 << 16,
                "max_streams is larger than 65536",
            ),
            (
                (1..=SAFE_STREAM_WINDOW).contains(&self.stream_receive_window)
                    || self.dangerous_windows,
                "stream_receive_window is not within 1 B and 2 MiB",
            ),
            (self.receive_window > 0, "receive_window is zero"),
            (
                (1..=2 << 20).contains(&self.send_window) || self.dangerous_windows,
                "send_window is not within 1 B and 2 MiB",
            ),
            (
                self.max_send_window >= self.send_window.max(1),
                "max_send_window is smaller than send_window",
            ),
            (
                self.max_send_window <= 16 << 20 || self.dangerous_windows,
                "max_send_window is larger than 16 MiB",
            ),
            (
                (1200..=65_527).contains(&self.initial_mtu),
                "initial_mtu is not within 1200 and 65527",
            ),
            (
                self.max_mtu
                    .is_none_or(|max| (self.initial_mtu..=65_527).contains(&max)),
                "max_mtu is not within initial_mtu and 65527",
            ),
            (
                self.max_loopback_mtu <= 65_527,
                "max_loopback_mtu is larger than 65527",
            ),
            (
                (1200..=65_527).contains(&self.max_udp_payload),
                "max_udp_payload is not within 1200 and 65527",
            ),
            (self.max_incoming > 0, "max_incoming is zero"),
            (self.max_responses > 0, "max_responses is zero"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(ConfigError::OutOfRange(rule)),
            None => Ok(()),
        }
    }

    /// Returns the UDP payload to begin with, and how to look for more.
    fn mtu_towards(&self, peer: Vicinity) -> (u16, Option<MtuDiscoveryConfig>) {
        let Some(max) = self.max_mtu else {
            return (self.initial_mtu, None);
        };
        let mut discovery = MtuDiscoveryConfig::default();
        if peer == Vicinity::Elsewhere || self.max_loopback_mtu <= max {
            discovery.upper_bound(max);
            return (self.initial_mtu, Some(discovery));
        }
        // Nothing is left to look for, unless the path turns out to swallow what is so large. What a dialer sends
        // before it knows what the peer takes is small, and a listener knows it before it answers.
        discovery.upper_bound(self.max_loopback_mtu);
        (self.max_loopback_mtu, Some(discovery))
    }

    /// Translates into quinn-proto's settings for a connection.
    pub(crate) fn transport(&self, peer: Vicinity) -> TransportConfig {
        let (initial_mtu, mtu_discovery) = self.mtu_towards(peer);
        let mut transport = TransportConfig::default();
        transport
            .max_concurrent_bidi_streams(VarInt::from_u32(self.initial_streams))
            .max_concurrent_uni_streams(VarInt::from_u32(0))
            .max_idle_timeout(IdleTimeout::try_from(self.max_idle_timeout).ok())
            .keep_alive_interval(None)
            .stream_receive_window(VarInt::from_u32(self.stream_receive_window))
            .receive_window(
                VarInt::from_u64(first_window(self.receive_window)).unwrap_or(VarInt::MAX),
            )
            .send_window(first_window(self.send_window))
            .initial_mtu(initial_mtu)
            .mtu_discovery_config(mtu_discovery)
            .ack_frequency_config(None::<AckFrequencyConfig>)
            .allow_spin(false)
            .datagram_receive_buffer_size(self.datagrams.map(|config| config.receive_buffer));
        if let Some(datagrams) = self.datagrams {
            transport.datagram_send_buffer_size(datagrams.send_buffer);
        }
        let window = initial_window(initial_mtu);
        match self.congestion {
            Congestion::Tolerant => {
                transport.congestion_controller_factory(Arc::new(TolerantFactory { window }))
            }
            Congestion::Cubic => {
                let mut cubic = CubicConfig::default();
                cubic.initial_window(window);
                transport.congestion_controller_factory(Arc::new(cubic))
            }
            Congestion::NewReno => {
                let mut new_reno = NewRenoConfig::default();
                new_reno.initial_window(window);
                transport.congestion_controller_factory(Arc::new(new_reno))
            }
        };
        transport
    }
}

/// Returns the bytes that may be on their way before anything was acknowledged.
// [RFC 9002 §7.2] Ten datagrams, and no more than 14720 bytes, unless that is less than two.
fn initial_window(datagram: u16) -> u64 {
    let datagram = u64::from(datagram);
    14_720.clamp(2 * datagram, 10 * datagram)
}

/// The largest window of a stream, in bytes, that bears whatever is lost or repeated of full packets: quinn-proto looks
/// when more than 2048 pieces wait, and ends a connection when more than 1024 are left once what touches is joined. Here
/// there are 1800 at most.
const SAFE_STREAM_WINDOW: u32 = 2 << 20;

/// The window of a stream, in bytes, that nobody else is likely to choose.
pub(crate) const STREAM_WINDOW: u32 = SAFE_STREAM_WINDOW - 51;

/// Why no endpoint can be made; a mistake of whoever chose the parameters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is out of its range.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The certificate belongs to another key pair.
    #[error("the certificate belongs to another key pair")]
    ForeignCertificate,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] sinew_tls::ConfigError),
    /// The cryptography provider lacks AES-128-GCM, which QUIC's first packets need.
    #[error("the cryptography provider lacks AES-128-GCM for QUIC")]
    NoInitialSuite,
}

#[cfg(test)]
mod tests;
