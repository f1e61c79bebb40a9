//! What is measured: one trait each for a system, its connections and its streams.

mod libp2p;
mod limit;
#[cfg(feature = "litep2p")]
mod litep2p;
#[cfg(not(feature = "litep2p"))]
#[path = "system/litep2p_absent.rs"]
mod litep2p;
mod quinn;
mod sinew;

use std::future::Future;

use anyhow::{Result, bail};
use bytes::Bytes;

use crate::Settings;
use crate::meter::Measurement;
use crate::name::Name;
use crate::scenario::{self, Scenario};

/// A stack, with its defaults unless its module says otherwise.
pub(crate) trait System: Sized + Send + Sync + 'static {
    type Connection: Connection;

    /// Starts a server in tasks of its own, and returns what a client needs to dial it.
    fn serve(settings: Settings) -> impl Future<Output = Result<String>> + Send;

    /// Makes a client with an identity and a socket of its own.
    fn client(server: &str, settings: Settings) -> impl Future<Output = Result<Self>> + Send;

    /// Makes a new connection, even if there is one.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection>> + Send;

    /// Makes a connection to another server than the client was made for.
    fn connect_to(&self, server: &str) -> impl Future<Output = Result<Self::Connection>> + Send {
        let server = server.to_owned();
        async move { bail!("{server} cannot be dialed: this system is measured with one server") }
    }
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

pub(crate) use self::litep2p::IS_THERE as LITEP2P_IS_THERE;

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
            Name::Litep2pQuic => $call::<litep2p::Litep2p<litep2p::Quic>>($($argument),*),
            Name::Litep2pTcpNoise => $call::<litep2p::Litep2p<litep2p::TcpNoise>>($($argument),*),
            Name::LimitUdpAes => $call::<limit::Udp>($($argument),*),
            Name::LimitTcpAes => $call::<limit::Tcp<limit::Aes>>($($argument),*),
            Name::LimitTcpChacha => $call::<limit::Tcp<limit::Chacha>>($($argument),*),
            Name::GoQuic | Name::GoTcpNoise | Name::GoTcpTls => {
                bail!("{} is a program of its own", $name)
            }
        }
    };
}

impl Name {
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
}

fn serve<S: System>(settings: Settings) -> Result<()> {
    settings.runtime.build()?.block_on(async {
        let mut addresses = Vec::new();
        for _ in 0..settings.servers {
            addresses.push(S::serve(settings).await?);
        }
        println!("ready {}", addresses.join(" "));
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
