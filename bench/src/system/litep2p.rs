//! litep2p: a protocol of the application's own, with raw substreams.

mod protocol;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use litep2p::config::ConfigBuilder;
use litep2p::substream::Substream;
use litep2p::transport::{quic, tcp};
use litep2p::types::multiaddr::Multiaddr;
use litep2p::{Litep2pEvent, PeerId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc, oneshot};

use self::protocol::{Command, Protocol};
use crate::{Settings, system};

pub(crate) struct Litep2p<T> {
    dials: mpsc::Sender<()>,
    commands: mpsc::Sender<Command>,
    peer: PeerId,
    closed: Arc<Notify>,
    transport: PhantomData<T>,
}

/// A transport with its defaults.
pub(crate) trait Transport: Send + Sync + 'static {
    fn add(builder: ConfigBuilder) -> Result<ConfigBuilder>;
}

pub(crate) struct Quic;

pub(crate) struct TcpNoise;

#[derive(Clone)]
pub(crate) struct Connection {
    peer: PeerId,
    commands: mpsc::Sender<Command>,
    closed: Arc<Notify>,
}

pub(crate) struct Stream(Substream);

impl<T: Transport> system::System for Litep2p<T> {
    type Connection = Connection;

    async fn serve(settings: Settings) -> Result<String> {
        let (mut node, commands) = node::<T>(settings)?;
        let address = node.listen_addresses().next().context("no address")?;
        let address = address.to_string();
        tokio::spawn(async move {
            let _open = commands;
            while node.next_event().await.is_some() {}
        });
        Ok(address)
    }

    async fn client(server: &str, settings: Settings) -> Result<Self> {
        let (_, peer) = server.rsplit_once("/p2p/").context("no peer id")?;
        let peer = peer.parse().map_err(|error| anyhow!("{error:?}"))?;
        let (node, commands) = node::<T>(settings)?;
        let (dials, wanted) = mpsc::channel(4);
        let closed = Arc::new(Notify::new());
        tokio::spawn(dialer(node, server.parse()?, wanted, Arc::clone(&closed)));
        Ok(Self {
            dials,
            commands,
            peer,
            closed,
            transport: PhantomData,
        })
    }

    /// A node keeps one connection to a peer, so the one before must have been closed.
    async fn connect(&self) -> Result<Connection> {
        let (reply, connected) = oneshot::channel();
        self.dials.send(()).await?;
        let command = Command::AwaitConnection(self.peer, reply);
        self.commands.send(command).await?;
        connected.await?;
        Ok(Connection {
            peer: self.peer,
            commands: self.commands.clone(),
            closed: Arc::clone(&self.closed),
        })
    }
}

fn node<T: Transport>(settings: Settings) -> Result<(litep2p::Litep2p, mpsc::Sender<Command>)> {
    let (commands, receiver) = mpsc::channel(256);
    let protocol = Protocol::new(receiver, settings.api);
    let builder = ConfigBuilder::new()
        .with_keep_alive_timeout(IDLE)
        .with_user_protocol(Box::new(protocol));
    let config = T::add(builder)?.build();
    Ok((litep2p::Litep2p::new(config)?, commands))
}

/// Dials when asked to, and tells of connections that have ended.
async fn dialer(
    mut node: litep2p::Litep2p,
    address: Multiaddr,
    mut wanted: mpsc::Receiver<()>,
    closed: Arc<Notify>,
) {
    loop {
        tokio::select! {
            dial = wanted.recv() => {
                if dial.is_none() {
                    return;
                }
                // It refuses until it has forgotten the connection before.
                for _ in 0..50 {
                    if node.dial_address(address.clone()).await.is_ok() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
            }
            event = node.next_event() => match event {
                None => return,
                Some(Litep2pEvent::ConnectionClosed { .. }) => closed.notify_one(),
                Some(_) => {}
            },
        }
    }
}

impl Transport for Quic {
    fn add(builder: ConfigBuilder) -> Result<ConfigBuilder> {
        Ok(builder.with_quic(quic::config::Config {
            listen_addresses: vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse()?],
            ..Default::default()
        }))
    }
}

impl Transport for TcpNoise {
    fn add(builder: ConfigBuilder) -> Result<ConfigBuilder> {
        Ok(builder.with_tcp(tcp::config::Config {
            listen_addresses: vec!["/ip4/127.0.0.1/tcp/0".parse()?],
            // The one thing that is not its default, because all the others have it.
            nodelay: true,
            ..Default::default()
        }))
    }
}

impl system::Connection for Connection {
    type Stream = Stream;

    async fn open(&self) -> Result<Stream> {
        let (reply, opened) = oneshot::channel();
        self.commands.send(Command::Open(self.peer, reply)).await?;
        Ok(Stream(opened.await??))
    }

    async fn close(self) {
        let (reply, closed) = oneshot::channel();
        let command = Command::Close(self.peer, reply);
        if self.commands.send(command).await.is_ok() {
            let _ = closed.await;
        }
        // A new dial is refused until the node has seen the end too.
        let _ = tokio::time::timeout(Duration::from_millis(500), self.closed.notified()).await;
    }
}

impl system::Stream for Stream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.0.read(buf).await?)
    }

    async fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes).await?;
        Ok(self.0.flush().await?)
    }

    async fn finish(&mut self) -> Result<()> {
        Ok(self.0.shutdown().await?)
    }
}

/// Whether it can be measured.
pub(crate) const IS_THERE: bool = true;

/// Longer than any scenario.
const IDLE: Duration = Duration::from_secs(3600);
