//! The transport: what its connections and listeners share.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use rand::{CryptoRng, Rng, SeedableRng, rngs::StdRng};
use sinew_driver::{Arrival, Dialed, Inbox, WallClock};
use sinew_identity::{Keypair, PeerId};
use sinew_multiaddr::{Address, TransportKind};
use sinew_runtime::{Runtime, TcpNetwork, TcpStream};
use sinew_tcp_proto::{self as proto, Endpoint, Parameters};
use sinew_tls::{Certificate, CryptoProvider};
use sinew_transport::{
    BufferBudget, CloseReason, Connection, ConnectionCode, Dial, DialError, Gate, ListenError,
    Listener, PortUse, Transport,
};
use tracing::debug;

use crate::{
    accept::Accepting,
    close_reason::dial_error,
    config::Config,
    connection::{self, Shell},
    error::StartError,
    listener::TcpListener,
    roster::{Closed, Roster},
    simultaneous::may_be_simultaneous,
    task::Task,
};

/// libp2p over TCP. Clones are the same transport.
///
/// Each connection is driven by a task of its own, and so is each listener. Dials leave from a port that
/// listens, if there is one of the right family, so that peers learn an address at which we can be reached.
#[derive(Clone)]
pub struct TcpTransport(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) runtime: Runtime,
    pub(crate) network: Arc<dyn TcpNetwork>,
    pub(crate) config: Config,
    pub(crate) roster: Arc<Roster>,
    endpoint: Arc<Endpoint>,
    /// Seeds the connections.
    rng: Mutex<StdRng>,
}

impl TcpTransport {
    /// Makes a transport for the host of `keypair`. `rng` yields the certificate's key, the Noise key and all
    /// chance in the protocol except what the cryptography provider draws itself.
    ///
    /// # Errors
    ///
    /// The certificate cannot be made or the configuration is out of range.
    pub fn new(
        keypair: &Keypair,
        runtime: Runtime,
        network: Arc<dyn TcpNetwork>,
        config: Config,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, StartError> {
        let provider = sinew_tls::default_provider();
        Self::with_provider(keypair, runtime, network, config, provider, rng)
    }

    /// As [`new`](Self::new), with a cryptography provider of the caller's choice for TLS.
    ///
    /// # Errors
    ///
    /// As for `new`, and the provider lacks what TLS 1.3 needs.
    pub fn with_provider(
        keypair: &Keypair,
        runtime: Runtime,
        network: Arc<dyn TcpNetwork>,
        mut config: Config,
        provider: Arc<CryptoProvider>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, StartError> {
        config.protocol.yamux.buffers.or_later();
        let certificate = Certificate::generate(keypair, rng, runtime.wall())?;
        let mut rng = StdRng::from_rng(rng);
        let endpoint = Endpoint::new(Parameters {
            keypair,
            certificate: &certificate,
            config: config.protocol.clone(),
            provider,
            time: Arc::new(WallClock::new(runtime.clock().clone())),
            seed: seed(&mut rng),
        })?;
        Ok(Self(Arc::new(Inner {
            runtime,
            network,
            config,
            roster: Roster::new(),
            endpoint,
            rng: Mutex::new(rng),
        })))
    }
}

impl Inner {
    async fn dial(&self, dial: Dial) -> Result<Arc<dyn Connection>, DialError> {
        let Some(remote) = socket_addr(&dial.address) else {
            let address = dial.address;
            return Err(DialError::Unsupported { address });
        };
        let (socket, port) = self.connect(remote, dial.port).await?;
        let outcome = self.establish(socket, remote, dial.peer).await;
        match outcome {
            Err(error) if port == PortUse::Shared && may_be_simultaneous(&error) => {
                debug!(%remote, ?error, "dialed again from a new port");
                let (socket, _) = self.connect(remote, PortUse::New).await?;
                self.establish(socket, remote, dial.peer).await
            }
            outcome => outcome,
        }
    }

    /// Shakes hands, as the one who dialed.
    async fn establish(
        &self,
        socket: Box<dyn TcpStream>,
        remote: SocketAddr,
        expected: Option<PeerId>,
    ) -> Result<Arc<dyn Connection>, DialError> {
        let dial = proto::Dial {
            expected,
            security: None,
        };
        let proto = self.endpoint.dial(self.runtime.now(), dial, self.seed());
        let shell = match self.start(socket, proto, None) {
            Ok(shell) => shell,
            Err(StartFailure::Closed(Closed)) => return Err(DialError::TransportClosed),
            Err(StartFailure::Io(error)) => {
                let source = Arc::new(error);
                return Err(DialError::Unreachable { remote, source });
            }
        };
        let established = Dialed::new(shell.clone()).established().await;
        let connection = established.map_err(|reason| {
            let came_to = shell.lock().muxer.proto.phase();
            dial_error(reason, came_to)
        })?;
        Ok(Arc::new(connection))
    }

    /// Starts the handshake of a connection that was let in.
    pub(crate) fn accepted(&self, socket: Box<dyn TcpStream>, arrival: Arrival) {
        let proto = self.endpoint.accept(self.runtime.now(), self.seed());
        if let Err(error) = self.start(socket, proto, Some(arrival)) {
            debug!(?error, "an accepted connection was gone at once");
        }
    }

    /// Starts the task of a connection.
    fn start(
        &self,
        socket: Box<dyn TcpStream>,
        proto: proto::Connection,
        arrival: Option<Arrival>,
    ) -> Result<Arc<Shell>, StartFailure> {
        let shell = connection::share(&*socket, proto, arrival, &self.runtime)?;
        let entry = self.roster.add_connection(shell.clone())?;
        let task = Task::new(shell.clone(), socket, &self.config, entry);
        self.runtime.spawn("tcp connection", task);
        Ok(shell)
    }

    fn seed(&self) -> [u8; 32] {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        seed(&mut rng)
    }
}

impl Transport for TcpTransport {
    fn name(&self) -> &'static str {
        "tcp"
    }

    fn handles(&self, address: &Address) -> bool {
        address.transport() == Some(TransportKind::Tcp)
    }

    fn use_buffers(&self, buffers: &BufferBudget) {
        self.0.config.protocol.yamux.buffers.bind(buffers);
    }

    fn dial(&self, dial: Dial) -> BoxFuture<'static, Result<Arc<dyn Connection>, DialError>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.dial(dial).await })
    }

    fn listen(
        &self,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> BoxFuture<'static, Result<Box<dyn Listener>, ListenError>> {
        let inner = self.0.clone();
        Box::pin(async move {
            let Some(local) = socket_addr(&address) else {
                return Err(ListenError::Unsupported { address });
            };
            let inbox = Inbox::new(gate, inner.config.max_unaccepted);
            let options = inner.config.tcp.clone();
            let bound = inner.network.listen(local, options);
            let bound = bound.and_then(|socket| Ok((socket.local_addr()?, socket)));
            let (local, socket) = bound.map_err(|source| ListenError::Bind {
                address,
                source: Arc::new(source),
            })?;
            let entry = inner.roster.add_listener(local, inbox.clone());
            let entry = entry.map_err(|Closed| ListenError::TransportClosed)?;
            let accepting = Accepting::new(inner.clone(), socket, inbox.clone(), entry);
            inner.runtime.spawn("tcp listener", accepting);
            Ok(Box::new(TcpListener { local, inbox }) as Box<dyn Listener>)
        })
    }

    fn shutdown(&self) -> BoxFuture<'static, ()> {
        let inner = self.0.clone();
        Box::pin(async move {
            let (connections, inboxes) = inner.roster.close();
            for inbox in inboxes {
                inbox.close();
            }
            let code = ConnectionCode::SHUTDOWN;
            for shell in connections {
                shell.close(code, b"", CloseReason::Local { code });
            }
            inner.roster.emptied().await;
        })
    }
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpTransport")
            .field("peer", &self.0.endpoint.peer_id())
            .field("open", &self.0.roster)
            .finish_non_exhaustive()
    }
}

/// Why a connection got no task.
#[derive(Debug)]
enum StartFailure {
    Closed(Closed),
    /// The socket was gone before it was looked at.
    Io(io::Error),
}

impl From<Closed> for StartFailure {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl From<io::Error> for StartFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn socket_addr(address: &Address) -> Option<SocketAddr> {
    address
        .socket_addr()
        .filter(|_| address.transport() == Some(TransportKind::Tcp))
}

fn seed(rng: &mut StdRng) -> [u8; 32] {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    seed
}
