//! Hosts on loopback, and what tests ask of them.

use std::{future::poll_fn, sync::Arc, time::Duration};

use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::{Keypair, PeerId};
use sinew_multiaddr::Address;
use sinew_runtime::{Runtime, TokioTcp};
use sinew_tcp::{Config, SecurityProtocol, TcpTransport};
use sinew_transport::{
    Connection, ConnectionId, Dial, Direction, Gate, InboundFailure, Listener, OpenGate, Permit,
    Stream, StreamInfo, StreamIo, Transport,
};

/// A host: an identity and its transport.
pub(crate) struct Host {
    pub(crate) peer: PeerId,
    pub(crate) transport: TcpTransport,
}

/// Two hosts with a connection between them.
pub(crate) struct Pair {
    pub(crate) dialer: Arc<dyn Connection>,
    pub(crate) listener: Arc<dyn Connection>,
    pub(crate) dialing: Host,
    pub(crate) listening: Host,
    pub(crate) inbound: Box<dyn Listener>,
    pub(crate) _permit: Permit,
}

impl Host {
    pub(crate) fn new(secret: u8) -> Self {
        Self::with_config(secret, Config::default())
    }

    pub(crate) fn with_config(secret: u8, config: Config) -> Self {
        Self::with_key(&Keypair::ed25519_from_secret([secret; 32]), config)
    }

    pub(crate) fn with_key(keypair: &Keypair, config: Config) -> Self {
        let transport = TcpTransport::new(
            keypair,
            Runtime::tokio(),
            Arc::new(TokioTcp),
            config,
            &mut StdRng::from_seed([7; 32]),
        );
        Self {
            peer: keypair.peer_id(),
            transport: transport.unwrap(),
        }
    }

    pub(crate) async fn listen(&self) -> Box<dyn Listener> {
        self.listen_on(LOOPBACK, Arc::new(OpenGate)).await
    }

    pub(crate) async fn listen_on(&self, address: &str, gate: Arc<dyn Gate>) -> Box<dyn Listener> {
        let address = address.parse().unwrap();
        self.transport.listen(address, gate).await.unwrap()
    }

    pub(crate) async fn dial(&self, address: Address) -> Arc<dyn Connection> {
        self.transport.dial(Dial::new(address)).await.unwrap()
    }
}

impl Pair {
    pub(crate) async fn connected() -> Self {
        Self::with_config(Config::default()).await
    }

    pub(crate) async fn with_config(config: Config) -> Self {
        Self::with_configs(config.clone(), config).await
    }

    pub(crate) async fn with_configs(dialing: Config, listening: Config) -> Self {
        let (dialing, listening) = (
            Host::with_config(1, dialing),
            Host::with_config(2, listening),
        );
        let mut inbound = listening.listen().await;
        let (dialer, accepted) =
            tokio::join!(dialing.dial(inbound.address()), accept(&mut *inbound));
        let (listener, permit) = accepted.unwrap();
        Self {
            dialer,
            listener,
            dialing,
            listening,
            inbound,
            _permit: permit,
        }
    }

    /// Opens a stream on which one byte went from the dialer to the listener.
    pub(crate) async fn streams(&self) -> (Stream, Stream) {
        let mut ours = wrap(self.dialer.open().await.unwrap());
        ours.write_all(b"!").await.unwrap();
        let mut theirs = wrap(self.listener.accept().await.unwrap());
        let mut byte = [0];
        theirs.read_exact(&mut byte).await.unwrap();
        (ours, theirs)
    }
}

pub(crate) async fn accept(
    listener: &mut dyn Listener,
) -> Result<(Arc<dyn Connection>, Permit), InboundFailure> {
    poll_fn(|cx| listener.poll_accept(cx)).await.unwrap()
}

pub(crate) fn wrap(io: Box<dyn StreamIo>) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([9; 32]).peer_id(),
        connection: ConnectionId(0),
        direction: Direction::Outbound,
        protocol: None,
    };
    Stream::new(io, info)
}

/// The defaults with one security protocol.
pub(crate) fn only(security: SecurityProtocol) -> Config {
    let mut config = Config::default();
    config.protocol.securities = vec![security];
    config
}

/// Waits until no task of the runtime is left.
pub(crate) async fn until_no_task_is_left() {
    in_time(async {
        while tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
            > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Guards against hanging; no test depends on how long something takes.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .expect("the test hangs")
}

pub(crate) const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";
