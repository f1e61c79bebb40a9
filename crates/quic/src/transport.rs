//! The transport: its sockets, and who gets which.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, join_all};
use rand::{CryptoRng, Rng, SeedableRng, rngs::StdRng};
use sinew_driver::{Inbox, WallClock, can_reach};
use sinew_identity::Keypair;
use sinew_multiaddr::{Address, TransportKind};
use sinew_quic_proto::{Endpoint, Parameters};
use sinew_runtime::{Runtime, UdpNetwork};
use sinew_tls::{Certificate, CryptoProvider};
use sinew_transport::{
    BufferBudget, Connection, Dial, DialError, Gate, ListenError, Listener, PortUse, Transport,
};
use tokio::sync::oneshot;

use crate::{
    close_reason::dial_error,
    config::Config,
    error::StartError,
    listener::QuicListener,
    shard::{Command, DialRequest, Shard, Shared},
};

/// libp2p's QUIC over UDP sockets. Clones are the same transport.
///
/// Dials leave from a socket that listens, if there is one of the right family, so that peers learn an
/// address at which we can be reached. Each socket is driven by one task, which ends when nobody needs it.
#[derive(Clone)]
pub struct QuicTransport(Arc<Inner>);

struct Inner {
    keypair: Keypair,
    certificate: Certificate,
    provider: Arc<CryptoProvider>,
    runtime: Runtime,
    network: Arc<dyn UdpNetwork>,
    config: Config,
    sockets: Mutex<Sockets>,
}

struct Sockets {
    /// `None` after a shutdown.
    shards: Option<Vec<Arc<Shared>>>,
    /// Seeds the endpoints.
    rng: StdRng,
}

impl QuicTransport {
    /// Makes a transport for the host of `keypair`. `rng` yields the certificate's key and all chance in the
    /// protocol except what the cryptography provider draws itself.
    ///
    /// # Errors
    ///
    /// The certificate cannot be made or the configuration is out of range.
    pub fn new(
        keypair: &Keypair,
        runtime: Runtime,
        network: Arc<dyn UdpNetwork>,
        config: Config,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, StartError> {
        let provider = sinew_tls::default_provider();
        Self::with_provider(keypair, runtime, network, config, provider, rng)
    }

    /// As [`new`](Self::new), with a cryptography provider of the caller's choice.
    ///
    /// # Errors
    ///
    /// As for `new`, and the provider lacks what QUIC needs.
    pub fn with_provider(
        keypair: &Keypair,
        runtime: Runtime,
        network: Arc<dyn UdpNetwork>,
        mut config: Config,
        provider: Arc<CryptoProvider>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, StartError> {
        config.protocol.buffers.or_later();
        if !network.carries_over_loopback(config.protocol.max_loopback_mtu) {
            config.protocol.max_loopback_mtu = 0;
        }
        let certificate = Certificate::generate(keypair, rng, runtime.wall())?;
        let inner = Inner {
            keypair: keypair.clone(),
            certificate,
            provider,
            runtime,
            network,
            config,
            sockets: Mutex::new(Sockets {
                shards: Some(Vec::new()),
                rng: StdRng::from_rng(rng),
            }),
        };
        // What is wrong with the configuration is said now and not at the first dial.
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        inner.endpoint(any, [0; 32])?;
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    fn endpoint(&self, socket: SocketAddr, seed: [u8; 32]) -> Result<Endpoint, StartError> {
        let parameters = Parameters {
            keypair: &self.keypair,
            socket,
            certificate: &self.certificate,
            config: self.config.protocol.clone(),
            provider: self.provider.clone(),
            time: Arc::new(WallClock::new(self.runtime.clock().clone())),
            seed,
        };
        Ok(Endpoint::new(parameters)?)
    }

    /// Opens a socket and starts its task.
    fn open(
        &self,
        address: SocketAddr,
        inbox: Option<Arc<Inbox>>,
    ) -> Result<Arc<Shared>, OpenError> {
        let mut sockets = self.sockets();
        let Sockets { shards, rng } = &mut *sockets;
        let shards = shards.as_mut().ok_or(OpenError::Closed)?;
        let socket = self.network.bind(address, self.config.udp.clone())?;
        let local = socket.local_addr()?;
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        // `with_provider` made one from the same parameters.
        let endpoint = self.endpoint(local, seed).map_err(std::io::Error::other)?;
        let shared = Shared::new(self.runtime.clone(), local, inbox.is_some());
        let shard = Shard::new(shared.clone(), self.config.clone(), socket, endpoint, inbox);
        self.runtime.spawn("quic socket", shard);
        shards.retain(|shard| !shard.is_over());
        shards.push(shared.clone());
        Ok(shared)
    }

    /// Hands a dial to the socket that fits best, or to a new one.
    fn dispatch(&self, port: PortUse, mut request: DialRequest) -> Result<(), OpenError> {
        let remote = request.dial.remote;
        if port == PortUse::Shared {
            let mut fitting: Vec<_> = {
                let sockets = self.sockets();
                let shards = sockets.shards.as_ref().ok_or(OpenError::Closed)?;
                let fits = |shard: &&Arc<Shared>| can_reach(shard.local.ip(), remote.ip());
                shards.iter().filter(fits).cloned().collect()
            };
            // A listening socket first: its port is the one that peers know.
            fitting.sort_by_key(|shard| !shard.is_listening());
            for shard in fitting {
                match shard.try_command(Command::Dial(request)) {
                    Err(Command::Dial(back)) => request = back,
                    Ok(()) | Err(_) => return Ok(()),
                }
            }
        }
        let any = match remote {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let shard = self.open(SocketAddr::new(any, 0), None)?;
        shard.command(Command::Dial(request));
        if port == PortUse::New {
            shard.command(Command::Release);
        }
        Ok(())
    }

    async fn dial(&self, dial: Dial) -> Result<Arc<dyn Connection>, DialError> {
        let Some(remote) = socket_addr(&dial.address) else {
            let address = dial.address;
            return Err(DialError::Unsupported { address });
        };
        let (reply, answer) = oneshot::channel();
        let request = DialRequest {
            dial: sinew_quic_proto::Dial {
                remote,
                local_ip: None,
                expected: dial.peer,
            },
            reply,
        };
        self.dispatch(dial.port, request)
            .map_err(|error| error.into_dial(remote))?;
        let dialed = answer.await.map_err(|_| DialError::TransportClosed)??;
        let connection = dialed.established().await.map_err(dial_error)?;
        Ok(Arc::new(connection))
    }

    /// Nothing panics while the lock is held.
    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for QuicTransport {
    fn name(&self) -> &'static str {
        "quic"
    }

    fn handles(&self, address: &Address) -> bool {
        address.transport() == Some(TransportKind::QuicV1)
    }

    fn use_buffers(&self, buffers: &BufferBudget) {
        self.0.config.protocol.buffers.bind(buffers);
    }

    fn dial(&self, dial: Dial) -> BoxFuture<'static, Result<Arc<dyn Connection>, DialError>> {
        let this = self.clone();
        Box::pin(async move { this.0.dial(dial).await })
    }

    fn listen(
        &self,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> BoxFuture<'static, Result<Box<dyn Listener>, ListenError>> {
        let this = self.clone();
        Box::pin(async move {
            let Some(local) = socket_addr(&address).filter(|_| this.handles(&address)) else {
                return Err(ListenError::Unsupported { address });
            };
            let inbox = Inbox::new(gate, this.0.config.max_unaccepted);
            let opened = this.0.open(local, Some(inbox.clone()));
            let shard = opened.map_err(|error| error.into_listen(address))?;
            Ok(Box::new(QuicListener { inbox, shard }) as Box<dyn Listener>)
        })
    }

    fn shutdown(&self) -> BoxFuture<'static, ()> {
        let this = self.clone();
        Box::pin(async move {
            let shards = this.0.sockets().shards.take().unwrap_or_default();
            let within = this.0.config.shutdown_timeout;
            join_all(shards.iter().map(|shard| async move {
                let (done, closed) = oneshot::channel();
                shard.command(Command::Shutdown { done, within });
                // A dropped sender says as well that the socket is closed.
                closed.await.ok();
            }))
            .await;
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for shard in self.sockets().shards.take().unwrap_or_default() {
            shard.command(Command::Release);
        }
    }
}

impl fmt::Debug for QuicTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicTransport")
            .field("peer", &self.0.keypair.peer_id())
            .finish_non_exhaustive()
    }
}

/// Why no socket could be opened.
#[derive(Debug)]
enum OpenError {
    Closed,
    Io(std::io::Error),
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl OpenError {
    fn into_dial(self, remote: SocketAddr) -> DialError {
        match self {
            Self::Closed => DialError::TransportClosed,
            Self::Io(source) => DialError::Unreachable {
                remote,
                source: Arc::new(source),
            },
        }
    }

    fn into_listen(self, address: Address) -> ListenError {
        match self {
            Self::Closed => ListenError::TransportClosed,
            Self::Io(source) => ListenError::Bind {
                address,
                source: Arc::new(source),
            },
        }
    }
}

fn socket_addr(address: &Address) -> Option<SocketAddr> {
    address
        .socket_addr()
        .filter(|_| address.transport() == Some(TransportKind::QuicV1))
}
