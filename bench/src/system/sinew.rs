//! Ourselves: a `Host`, its handlers served within the turn.

use std::marker::PhantomData;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use sinew::{Address, Host, HostBuilder, Keypair, PeerId, quic, tcp};

use crate::{Buffers, Settings, system, work};

pub(crate) struct Sinew<T> {
    host: Arc<Host>,
    server: Address,
    transport: PhantomData<T>,
}

/// A transport.
pub(crate) trait Transport: Send + Sync + 'static {
    const LISTEN: &str;

    fn host(settings: Settings) -> HostBuilder;
}

/// As on Ethernet: no datagram is larger than its frames.
pub(crate) struct Quic;

/// With all defaults, as it is between two processes of one machine.
pub(crate) struct QuicOnLoopback;

pub(crate) struct TcpNoise;

pub(crate) struct TcpTls;

#[derive(Clone)]
pub(crate) struct Connection {
    host: Arc<Host>,
    peer: PeerId,
}

pub(crate) struct Stream(sinew::Stream);

impl<T: Transport> system::System for Sinew<T> {
    type Connection = Connection;

    async fn serve(settings: Settings) -> Result<String> {
        let host = T::host(settings).listen(T::LISTEN.parse()?).start().await?;
        host.serve(work::PROTOCOL, move |stream| {
            work::serve(Stream(stream), settings.api)
        });
        let address = host.listen_addresses().into_iter().next();
        let address = address.context("no address")?.to_string();
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(host);
        });
        Ok(address)
    }

    async fn client(server: &str, settings: Settings) -> Result<Self> {
        let host = T::host(settings).start().await?;
        Ok(Self {
            host: Arc::new(host),
            server: server.parse()?,
            transport: PhantomData,
        })
    }

    /// A host keeps one connection to a peer, so the one before must have been closed.
    async fn connect(&self) -> Result<Connection> {
        let peer = self.host.connect(self.server.clone()).await?;
        Ok(Connection {
            host: Arc::clone(&self.host),
            peer,
        })
    }

    async fn connect_to(&self, server: &str) -> Result<Connection> {
        let peer = self.host.connect(server.parse::<Address>()?).await?;
        Ok(Connection {
            host: Arc::clone(&self.host),
            peer,
        })
    }
}

impl Transport for Quic {
    const LISTEN: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

    fn host(settings: Settings) -> HostBuilder {
        let mut config = over_quic(settings);
        config.protocol.max_loopback_mtu = 0;
        QuicOnLoopback::host(settings).quic(config)
    }
}

impl Transport for QuicOnLoopback {
    const LISTEN: &str = Quic::LISTEN;

    fn host(settings: Settings) -> HostBuilder {
        Host::builder(Keypair::generate_ed25519())
            .without_tcp()
            .quic(over_quic(settings))
    }
}

impl Transport for TcpNoise {
    const LISTEN: &str = TCP;

    fn host(_: Settings) -> HostBuilder {
        over_tcp(tcp::SecurityProtocol::Noise)
    }
}

impl Transport for TcpTls {
    const LISTEN: &str = TCP;

    fn host(_: Settings) -> HostBuilder {
        over_tcp(tcp::SecurityProtocol::Tls)
    }
}

/// The default asks for 4 MiB a socket; not to ask leaves what the kernel gives.
fn over_quic(settings: Settings) -> quic::Config {
    let mut config = quic::Config::default();
    if settings.buffers == Buffers::Stock {
        config.udp.receive_buffer_bytes = 0;
        config.udp.send_buffer_bytes = 0;
    }
    config
}

fn over_tcp(security: tcp::SecurityProtocol) -> HostBuilder {
    let mut config = tcp::Config::default();
    config.protocol.securities = vec![security];
    Host::builder(Keypair::generate_ed25519())
        .without_quic()
        .tcp(config)
}

impl system::Connection for Connection {
    type Stream = Stream;

    async fn open(&self) -> Result<Stream> {
        let stream = self.host.open_stream(self.peer, work::PROTOCOL).await?;
        Ok(Stream(stream))
    }

    async fn close(self) {
        self.host.disconnect(self.peer);
    }
}

impl system::Stream for Stream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.0.read(buf).await?)
    }

    async fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.write_all(bytes).await?)
    }

    async fn finish(&mut self) -> Result<()> {
        Ok(self.0.finish()?)
    }

    async fn read_bytes(&mut self, _scratch: &mut [u8]) -> Result<usize> {
        Ok(self.0.read_bytes().await?.map_or(0, |bytes| bytes.len()))
    }

    async fn write_bytes(&mut self, bytes: Bytes) -> Result<()> {
        Ok(self.0.write_bytes(bytes).await?)
    }
}

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
