//! rust-libp2p: the whole swarm with a minimal behaviour, as an application uses it.

mod behaviour;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, noise, tcp, tls, yamux};
use tokio::sync::{mpsc, oneshot};

use self::behaviour::{Behaviour, Handles, OpenRequest};
use crate::{Settings, system, work};

pub(crate) struct Libp2p<T> {
    server: Target,
    open: mpsc::UnboundedSender<OpenRequest>,
    commands: mpsc::Sender<Command>,
    transport: PhantomData<T>,
}

/// Whom to dial, and where.
#[derive(Clone)]
struct Target {
    peer: PeerId,
    address: Multiaddr,
}

/// A transport with its defaults.
pub(crate) trait Transport: Send + Sync + 'static {
    const LISTEN: &str;

    fn swarm(behaviour: Behaviour) -> Result<Swarm<Behaviour>>;
}

pub(crate) struct Quic;

pub(crate) struct TcpNoise;

pub(crate) struct TcpTls;

#[derive(Clone)]
pub(crate) struct Connection {
    peer: PeerId,
    id: ConnectionId,
    open: mpsc::UnboundedSender<OpenRequest>,
    commands: mpsc::Sender<Command>,
}

pub(crate) struct Stream(libp2p::Stream);

enum Command {
    Dial(Target, oneshot::Sender<Result<ConnectionId>>),
    Close(ConnectionId, oneshot::Sender<()>),
}

impl<T: Transport> system::System for Libp2p<T> {
    type Connection = Connection;

    async fn serve(settings: Settings) -> Result<String> {
        let (behaviour, mut handles) = Behaviour::new();
        let mut swarm = T::swarm(behaviour)?;
        tokio::spawn(async move {
            while let Some(stream) = handles.inbound.recv().await {
                tokio::spawn(work::serve(Stream(stream), settings.api));
            }
        });
        swarm.listen_on(T::LISTEN.parse()?)?;
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        let peer = *swarm.local_peer_id();
        tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        });
        Ok(format!("{address}/p2p/{peer}"))
    }

    async fn client(server: &str, _: Settings) -> Result<Self> {
        let (behaviour, handles) = Behaviour::new();
        let swarm = T::swarm(behaviour)?;
        let open = handles.open.clone();
        let (commands, receiver) = mpsc::channel(64);
        let dialer = Dialer {
            swarm,
            dialing: HashMap::new(),
            closing: HashMap::new(),
            _handles: handles,
        };
        tokio::spawn(dialer.run(receiver));
        Ok(Self {
            server: server.parse()?,
            open,
            commands,
            transport: PhantomData,
        })
    }

    async fn connect(&self) -> Result<Connection> {
        self.dial(self.server.clone()).await
    }

    async fn connect_to(&self, server: &str) -> Result<Connection> {
        self.dial(server.parse()?).await
    }
}

impl<T> Libp2p<T> {
    async fn dial(&self, target: Target) -> Result<Connection> {
        let peer = target.peer;
        let (reply, connected) = oneshot::channel();
        self.commands.send(Command::Dial(target, reply)).await?;
        Ok(Connection {
            peer,
            id: connected.await??,
            open: self.open.clone(),
            commands: self.commands.clone(),
        })
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (address, peer) = text.rsplit_once("/p2p/").context("no peer id")?;
        Ok(Self {
            peer: peer.parse()?,
            address: address.parse()?,
        })
    }
}

/// The task that owns a client's swarm.
struct Dialer {
    swarm: Swarm<Behaviour>,
    dialing: HashMap<ConnectionId, oneshot::Sender<Result<ConnectionId>>>,
    closing: HashMap<ConnectionId, oneshot::Sender<()>>,
    /// Kept so that the behaviour's channels stay open.
    _handles: Handles,
}

impl Dialer {
    /// Runs until the client and all of its connections are dropped.
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    None => return,
                    Some(command) => self.on_command(command),
                },
                event = self.swarm.select_next_some() => self.on_event(event),
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Dial(target, reply) => {
                let options = DialOpts::peer_id(target.peer)
                    .condition(PeerCondition::Always)
                    .addresses(vec![target.address])
                    .build();
                let id = options.connection_id();
                match self.swarm.dial(options) {
                    Ok(()) => drop(self.dialing.insert(id, reply)),
                    Err(error) => drop(reply.send(Err(error.into()))),
                }
            }
            Command::Close(id, reply) => {
                self.swarm.close_connection(id);
                self.closing.insert(id, reply);
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<std::convert::Infallible>) {
        match event {
            SwarmEvent::ConnectionEstablished { connection_id, .. } => {
                if let Some(reply) = self.dialing.remove(&connection_id) {
                    let _ = reply.send(Ok(connection_id));
                }
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => {
                if let Some(reply) = self.dialing.remove(&connection_id) {
                    let _ = reply.send(Err(error.into()));
                }
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                if let Some(reply) = self.closing.remove(&connection_id) {
                    let _ = reply.send(());
                }
            }
            _ => {}
        }
    }
}

impl Transport for Quic {
    const LISTEN: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

    fn swarm(behaviour: Behaviour) -> Result<Swarm<Behaviour>> {
        Ok(SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_quic()
            .with_behaviour(|_| behaviour)?
            .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
            .build())
    }
}

impl Transport for TcpNoise {
    const LISTEN: &str = TCP;

    fn swarm(behaviour: Behaviour) -> Result<Swarm<Behaviour>> {
        Ok(SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                noise::Config::new,
                yamux::Config::default,
            )?
            .with_behaviour(|_| behaviour)?
            .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
            .build())
    }
}

impl Transport for TcpTls {
    const LISTEN: &str = TCP;

    fn swarm(behaviour: Behaviour) -> Result<Swarm<Behaviour>> {
        Ok(SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                tls::Config::new,
                yamux::Config::default,
            )?
            .with_behaviour(|_| behaviour)?
            .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
            .build())
    }
}

impl system::Connection for Connection {
    type Stream = Stream;

    async fn open(&self) -> Result<Stream> {
        let (reply, opened) = oneshot::channel();
        let request = OpenRequest {
            peer: self.peer,
            connection: self.id,
            reply,
        };
        self.open
            .send(request)
            .map_err(|_| anyhow!("the swarm is gone"))?;
        Ok(Stream(opened.await??))
    }

    async fn close(self) {
        let (reply, closed) = oneshot::channel();
        if self
            .commands
            .send(Command::Close(self.id, reply))
            .await
            .is_ok()
        {
            let _ = closed.await;
        }
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
        Ok(self.0.close().await?)
    }
}

const TCP: &str = "/ip4/127.0.0.1/tcp/0";

/// Longer than any scenario.
const IDLE: Duration = Duration::from_secs(3600);
