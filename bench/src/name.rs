//! What can be measured: the systems by name, whose they are, and what they cannot do.

use std::fmt;

use clap::ValueEnum;

use crate::scenario::Scenario;

/// The systems that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Name {
    /// rust-libp2p over QUIC, the whole swarm.
    #[value(name = "libp2p-quic")]
    Libp2pQuic,
    /// Ourselves over QUIC, with datagrams as on Ethernet.
    Sinew,
    /// Ourselves over QUIC, with the datagrams that loopback carries.
    #[value(name = "sinew-loopback")]
    SinewLoopback,
    /// quinn alone: mutual TLS, no libp2p certificate, no protocol negotiation.
    Quinn,
    /// litep2p over QUIC.
    #[value(name = "litep2p-quic")]
    Litep2pQuic,
    /// go-libp2p over QUIC.
    #[value(name = "go-quic")]
    GoQuic,
    /// Nothing but UDP and AES-128-GCM.
    #[value(name = "limit-udp-aes")]
    LimitUdpAes,
    /// rust-libp2p over TCP, Noise and Yamux.
    #[value(name = "libp2p-tcp-noise")]
    Libp2pTcpNoise,
    /// Ourselves over TCP, Noise and Yamux.
    #[value(name = "sinew-tcp-noise")]
    SinewTcpNoise,
    /// litep2p over TCP, Noise and Yamux.
    #[value(name = "litep2p-tcp-noise")]
    Litep2pTcpNoise,
    /// go-libp2p over TCP, Noise and Yamux.
    #[value(name = "go-tcp-noise")]
    GoTcpNoise,
    /// Nothing but TCP and ChaCha20-Poly1305.
    #[value(name = "limit-tcp-chacha")]
    LimitTcpChacha,
    /// rust-libp2p over TCP, TLS and Yamux.
    #[value(name = "libp2p-tcp-tls")]
    Libp2pTcpTls,
    /// Ourselves over TCP, TLS and Yamux.
    #[value(name = "sinew-tcp-tls")]
    SinewTcpTls,
    /// go-libp2p over TCP, TLS and Yamux.
    #[value(name = "go-tcp-tls")]
    GoTcpTls,
    /// Nothing but TCP and AES-128-GCM.
    #[value(name = "limit-tcp-aes")]
    LimitTcpAes,
}

/// Whose a system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Owner {
    #[value(skip)]
    Ours,
    /// rust-libp2p.
    Libp2p,
    Quinn,
    Litep2p,
    #[value(name = "go-libp2p")]
    GoLibp2p,
    /// The machine itself: sockets and ciphers alone.
    Limits,
}

/// What carries the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carrier {
    Quic,
    TcpNoise,
    TcpTls,
}

impl Name {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    pub(crate) fn owner(self) -> Owner {
        match self {
            Self::Sinew | Self::SinewLoopback | Self::SinewTcpNoise | Self::SinewTcpTls => {
                Owner::Ours
            }
            Self::Libp2pQuic | Self::Libp2pTcpNoise | Self::Libp2pTcpTls => Owner::Libp2p,
            Self::Quinn => Owner::Quinn,
            Self::Litep2pQuic | Self::Litep2pTcpNoise => Owner::Litep2p,
            Self::GoQuic | Self::GoTcpNoise | Self::GoTcpTls => Owner::GoLibp2p,
            Self::LimitUdpAes | Self::LimitTcpChacha | Self::LimitTcpAes => Owner::Limits,
        }
    }

    pub(crate) fn carrier(self) -> Carrier {
        match self {
            Self::Libp2pQuic
            | Self::Sinew
            | Self::SinewLoopback
            | Self::Quinn
            | Self::Litep2pQuic
            | Self::GoQuic
            | Self::LimitUdpAes => Carrier::Quic,
            Self::Libp2pTcpNoise
            | Self::SinewTcpNoise
            | Self::Litep2pTcpNoise
            | Self::GoTcpNoise
            | Self::LimitTcpChacha => Carrier::TcpNoise,
            Self::Libp2pTcpTls | Self::SinewTcpTls | Self::GoTcpTls | Self::LimitTcpAes => {
                Carrier::TcpTls
            }
        }
    }

    /// Returns which of rust-libp2p's rows this one is to be held against.
    pub(crate) fn counterpart(self) -> Self {
        match self.carrier() {
            Carrier::Quic => Self::Libp2pQuic,
            Carrier::TcpNoise => Self::Libp2pTcpNoise,
            Carrier::TcpTls => Self::Libp2pTcpTls,
        }
    }

    /// Returns why a scenario is not for this system, if it is not.
    pub(crate) fn why_not(self, scenario: Scenario) -> Option<&'static str> {
        let moves_bytes = matches!(
            scenario,
            Scenario::BulkDown | Scenario::BulkUp | Scenario::BulkDown8
        );
        let dials_again = matches!(
            scenario,
            Scenario::Handshakes1 | Scenario::Handshakes32 | Scenario::Handshakes32Stock
        );
        let needs_many_hosts = matches!(
            scenario,
            Scenario::Idle
                | Scenario::Idle100
                | Scenario::IdleDialed
                | Scenario::Idle100Dialed
                | Scenario::SlowReader
                | Scenario::Steady1000
        );
        let has_many_servers = matches!(scenario, Scenario::IdleDialed | Scenario::Idle100Dialed);
        match self.owner() {
            _ if scenario == Scenario::Handshakes32Stock && self.carrier() != Carrier::Quic => {
                Some("it has no UDP socket")
            }
            Owner::Limits if !moves_bytes => Some("it only moves bytes"),
            Owner::Limits if self == Self::LimitUdpAes && scenario == Scenario::BulkDown8 => {
                Some("it has one stream")
            }
            Owner::Litep2p if has_many_servers => Some("it is measured with one server"),
            Owner::Litep2p if dials_again => Some("it stalls for seconds when it dials again soon"),
            Owner::Litep2p if scenario == Scenario::Steady1000 => {
                Some("a thousand of its nodes do not fit into one process")
            }
            Owner::GoLibp2p if scenario == Scenario::Handshakes32Stock => {
                Some("quic-go asks for its socket buffers itself")
            }
            Owner::GoLibp2p if needs_many_hosts => Some("the Go peer does not have it"),
            _ => None,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
