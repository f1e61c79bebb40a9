//! The network and its transports.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use sinew_identity::PeerId;
use sinew_multiaddr::{Address, Target};
use sinew_runtime::Runtime;
use tokio::sync::mpsc;

use super::connection::{End, MemoryConnection, pair};
use crate::{
    Admission, Attempt, Cause, CloseReason, Connection, ConnectionCode, Dial, DialError, Gate,
    InboundFailure, ListenError, Listener, Permit, Phase, Transport,
};

/// A network in memory. Clones are the same network.
#[derive(Clone, Debug)]
pub struct MemoryNetwork {
    runtime: Runtime,
    ports: Arc<Mutex<Ports>>,
}

/// A host's way into a [`MemoryNetwork`].
#[derive(Clone, Debug)]
pub struct MemoryTransport {
    network: MemoryNetwork,
    peer: PeerId,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Ports {
    listening: BTreeMap<u64, Listening>,
    last_picked: u64,
}

#[derive(Clone, Debug)]
struct Listening {
    peer: PeerId,
    gate: Arc<dyn Gate>,
    accepted: mpsc::Sender<(Arc<dyn Connection>, Permit)>,
    open: Arc<Mutex<Open>>,
}

/// What a transport closes when it shuts down.
#[derive(Debug, Default)]
struct Open {
    is_shut_down: bool,
    ports: Vec<u64>,
    connections: Vec<Weak<dyn Connection>>,
}

/// The listener's gate did not let the dialer in.
#[derive(Debug, thiserror::Error)]
#[error("refused by the gate of the listener")]
struct Refused;

#[derive(Debug)]
struct MemoryListener {
    network: MemoryNetwork,
    port: u64,
    accepted: mpsc::Receiver<(Arc<dyn Connection>, Permit)>,
}

impl MemoryNetwork {
    /// Makes a network without hosts; `runtime` runs the handlers of inbound streams.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            ports: Arc::default(),
        }
    }

    /// Returns the transport of a host whose identity is `peer`.
    pub fn transport(&self, peer: PeerId) -> MemoryTransport {
        MemoryTransport {
            network: self.clone(),
            peer,
            open: Arc::default(),
        }
    }

    fn ports(&self) -> MutexGuard<'_, Ports> {
        lock(&self.ports)
    }
}

impl MemoryTransport {
    async fn connect(self, dial: Dial) -> Result<Arc<dyn Connection>, DialError> {
        let port = port_of(&dial.address).ok_or(DialError::Unsupported {
            address: dial.address.clone(),
        })?;
        if lock(&self.open).is_shut_down {
            return Err(DialError::TransportClosed);
        }
        let refused = || DialError::Unreachable {
            remote: stand_in(port),
            source: Arc::new(io::ErrorKind::ConnectionRefused.into()),
        };
        let listening = self
            .network
            .ports()
            .listening
            .get(&port)
            .cloned()
            .ok_or_else(refused)?;
        if let Some(expected) = dial.peer
            && expected != listening.peer
        {
            let reason = CloseReason::WrongPeer {
                expected,
                actual: listening.peer,
            };
            return Err(failed(reason));
        }
        let remote = stand_in(0);
        let is_allowed = listening.gate.allows(remote);
        let admission = is_allowed.then(|| listening.gate.admit(&Attempt::new(remote, true, 0)));
        let Some(Admission::Accept(permit)) = admission else {
            return Err(failed(CloseReason::Rejected(Cause::new(Refused))));
        };
        let dialer = End {
            peer: self.peer,
            address: Address::memory(0),
        };
        let listener = End {
            peer: listening.peer,
            address: Address::memory(port),
        };
        let [ours, theirs] = pair(dialer, listener, &self.network.runtime)
            .map(|end| -> Arc<dyn Connection> { Arc::<MemoryConnection>::new(end) });
        // One lock at a time: who dials itself has both ends.
        let is_kept = lock(&self.open).add(&ours);
        let is_kept = lock(&listening.open).add(&theirs) && is_kept;
        if !is_kept {
            ours.close(ConnectionCode::SHUTDOWN, "");
            return Err(refused());
        }
        listening
            .accepted
            .send((theirs, permit))
            .await
            .map_err(|_| refused())?;
        Ok(ours)
    }
}

impl Transport for MemoryTransport {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn handles(&self, address: &Address) -> bool {
        port_of(address).is_some()
    }

    fn dial(&self, dial: Dial) -> BoxFuture<'static, Result<Arc<dyn Connection>, DialError>> {
        Box::pin(self.clone().connect(dial))
    }

    fn listen(
        &self,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> BoxFuture<'static, Result<Box<dyn Listener>, ListenError>> {
        let this = self.clone();
        Box::pin(async move {
            let Some(wanted) = port_of(&address) else {
                return Err(ListenError::Unsupported { address });
            };
            if lock(&this.open).is_shut_down {
                return Err(ListenError::TransportClosed);
            }
            let (sender, accepted) = mpsc::channel(BACKLOG);
            let listening = Listening {
                peer: this.peer,
                gate,
                accepted: sender,
                open: this.open.clone(),
            };
            let port = this
                .network
                .ports()
                .add(wanted, listening)
                .ok_or(ListenError::Bind {
                    address,
                    source: Arc::new(io::ErrorKind::AddrInUse.into()),
                })?;
            lock(&this.open).ports.push(port);
            let network = this.network;
            Ok(Box::new(MemoryListener {
                network,
                port,
                accepted,
            }) as Box<dyn Listener>)
        })
    }

    fn shutdown(&self) -> BoxFuture<'static, ()> {
        let this = self.clone();
        Box::pin(async move {
            let mut open = lock(&this.open);
            open.is_shut_down = true;
            let (ports, connections) = (
                std::mem::take(&mut open.ports),
                std::mem::take(&mut open.connections),
            );
            drop(open);
            for port in ports {
                this.network.ports().listening.remove(&port);
            }
            for connection in connections.iter().filter_map(Weak::upgrade) {
                connection.close(ConnectionCode::SHUTDOWN, "");
            }
        })
    }
}

impl Listener for MemoryListener {
    fn address(&self) -> Address {
        Address::memory(self.port)
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Arc<dyn Connection>, Permit), InboundFailure>>> {
        self.accepted.poll_recv(cx).map(|accepted| accepted.map(Ok))
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.accepted.close();
        let mut ports = self.network.ports();
        // The port may be another listener's by now, after a shutdown.
        if let Entry::Occupied(entry) = ports.listening.entry(self.port)
            && entry.get().accepted.is_closed()
        {
            entry.remove();
        }
        drop(ports);
        // Who dialed has a connection already, and must not be left alone with it.
        while let Ok((unaccepted, _permit)) = self.accepted.try_recv() {
            unaccepted.close(ConnectionCode::SHUTDOWN, "");
        }
    }
}

impl Ports {
    /// Returns the port, or `None` when it is taken; 0 picks a free one.
    fn add(&mut self, wanted: u64, listening: Listening) -> Option<u64> {
        let port = if wanted == 0 { self.pick()? } else { wanted };
        match self.listening.entry(port) {
            Entry::Occupied(_) => None,
            Entry::Vacant(entry) => {
                entry.insert(listening);
                Some(port)
            }
        }
    }

    fn pick(&mut self) -> Option<u64> {
        let port =
            (self.last_picked + 1..u64::MAX).find(|port| !self.listening.contains_key(port))?;
        self.last_picked = port;
        Some(port)
    }
}

impl Open {
    /// Returns false when the transport was shut down meanwhile: nobody would close the connection.
    fn add(&mut self, connection: &Arc<dyn Connection>) -> bool {
        if self.is_shut_down {
            return false;
        }
        if self.connections.len() == self.connections.capacity() {
            self.connections
                .retain(|connection| connection.strong_count() > 0);
        }
        self.connections.push(Arc::downgrade(connection));
        true
    }
}

fn failed(reason: CloseReason) -> DialError {
    DialError::Failed {
        phase: Phase::Handshake,
        reason,
    }
}

fn port_of(address: &Address) -> Option<u64> {
    let Target::Memory { port } = address.target() else {
        return None;
    };
    Some(*port)
}

/// Gates and errors speak of socket addresses, of which memory has none.
fn stand_in(port: u64) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap_or(u16::MAX)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections that wait to be accepted; dialers wait beyond.
const BACKLOG: usize = 16;
