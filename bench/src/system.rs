//! What is measured: one trait each for a system, its connections and its streams.

mod libp2p;
mod quinn;
mod sinew;

use std::future::Future;

use anyhow::Result;
use bytes::Bytes;
use clap::ValueEnum;

use crate::Settings;
use crate::meter::Measurement;
use crate::scenario::{self, Scenario};

/// A stack, with its defaults unless its module says otherwise.
pub(crate) trait System: Sized + Send + Sync + 'static {
    type Connection: Connection;

    /// Starts a server in tasks of its own, and returns what a client needs to dial it.
    fn serve(settings: Settings) -> impl Future<Output = Result<String>> + Send;

    /// Makes a client with an identity and a socket of its own.
    fn client(server: &str) -> impl Future<Output = Result<Self>> + Send;

    /// Makes a new connection, even if there is one.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection>> + Send;
}

pub(crate) trait Connection: Clone + Send + Sync + 'static {
    type Stream: Stream;

    /// Opens a stream and agrees on the benchmark's protocol in the system's own way.
    fn open(&self) -> impl Future<Output = Result<Self::Stream>> + Send;

    fn close(self) -> impl Future<Output = ()> + Send;
}

pub(crate) trait Stream: Send + 'static {
    /// Returns 0 at the end.
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send;

    fn write_all(&mut self, bytes: &[u8]) -> impl Future<Output = Result<()>> + Send;

    fn finish(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Reads without a copy where the system can, and returns how many bytes came.
    fn read_bytes(&mut self, scratch: &mut [u8]) -> impl Future<Output = Result<usize>> + Send {
        self.read(scratch)
    }

    /// Writes without a copy where the system can.
    fn write_bytes(&mut self, bytes: Bytes) -> impl Future<Output = Result<()>> + Send {
        async move { self.write_all(&bytes).await }
    }
}

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
    /// rust-libp2p over TCP, Noise and Yamux.
    #[value(name = "libp2p-tcp-noise")]
    Libp2pTcpNoise,
    /// Ourselves over TCP, Noise and Yamux.
    #[value(name = "sinew-tcp-noise")]
    SinewTcpNoise,
    /// rust-libp2p over TCP, TLS and Yamux.
    #[value(name = "libp2p-tcp-tls")]
    Libp2pTcpTls,
    /// Ourselves over TCP, TLS and Yamux.
    #[value(name = "sinew-tcp-tls")]
    SinewTcpTls,
}

/// Calls a function with the system's type as its type parameter.
macro_rules! dispatch {
    ($name:expr, $call:ident($($argument:expr),*)) => {
        match $name {
            Name::Libp2pQuic => $call::<libp2p::Libp2p<libp2p::Quic>>($($argument),*),
            Name::Libp2pTcpNoise => $call::<libp2p::Libp2p<libp2p::TcpNoise>>($($argument),*),
            Name::Libp2pTcpTls => $call::<libp2p::Libp2p<libp2p::TcpTls>>($($argument),*),
            Name::Sinew => $call::<sinew::Sinew<sinew::Quic>>($($argument),*),
            Name::SinewLoopback => $call::<sinew::Sinew<sinew::QuicOnLoopback>>($($argument),*),
            Name::SinewTcpNoise => $call::<sinew::Sinew<sinew::TcpNoise>>($($argument),*),
            Name::SinewTcpTls => $call::<sinew::Sinew<sinew::TcpTls>>($($argument),*),
            Name::Quinn => $call::<quinn::Quinn>($($argument),*),
        }
    };
}

impl Name {
    pub(crate) const ALL: [Self; 8] = [
        Self::Libp2pQuic,
        Self::Sinew,
        Self::SinewLoopback,
        Self::Quinn,
        Self::Libp2pTcpNoise,
        Self::SinewTcpNoise,
        Self::Libp2pTcpTls,
        Self::SinewTcpTls,
    ];

    pub(crate) fn serve(self, settings: Settings) -> Result<()> {
        dispatch!(self, serve(settings))
    }

    pub(crate) fn measure(
        self,
        scenario: Scenario,
        server: &str,
        server_pid: u32,
        settings: Settings,
    ) -> Result<Measurement> {
        dispatch!(self, measure(scenario, server, server_pid, settings))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Libp2pQuic => "libp2p-quic",
            Self::Sinew => "sinew",
            Self::SinewLoopback => "sinew-loopback",
            Self::Quinn => "quinn",
            Self::Libp2pTcpNoise => "libp2p-tcp-noise",
            Self::SinewTcpNoise => "sinew-tcp-noise",
            Self::Libp2pTcpTls => "libp2p-tcp-tls",
            Self::SinewTcpTls => "sinew-tcp-tls",
        }
    }

    /// Returns which of rust-libp2p's rows this one is to be held against.
    pub(crate) fn counterpart(self) -> Self {
        match self {
            Self::Libp2pQuic | Self::Sinew | Self::SinewLoopback | Self::Quinn => Self::Libp2pQuic,
            Self::Libp2pTcpNoise | Self::SinewTcpNoise => Self::Libp2pTcpNoise,
            Self::Libp2pTcpTls | Self::SinewTcpTls => Self::Libp2pTcpTls,
        }
    }
}

fn serve<S: System>(settings: Settings) -> Result<()> {
    settings.runtime.build()?.block_on(async {
        println!("ready {}", S::serve(settings).await?);
        std::future::pending().await
    })
}

fn measure<S: System>(
    scenario: Scenario,
    server: &str,
    server_pid: u32,
    settings: Settings,
) -> Result<Measurement> {
    let runtime = settings.runtime.build()?;
    let measured = runtime.block_on(scenario::run::<S>(scenario, server, server_pid, settings));
    // Connections that linger must not hold the result back.
    runtime.shutdown_background();
    measured
}
