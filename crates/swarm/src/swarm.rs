//! The handle to a host.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::{Resolver, Runtime};
use sinew_transport::{
    CloseReason, ConnectionCode, ConnectionId, ConnectionStats, Direction, Protocol, Security,
    Stream, Transport, negotiate::Protocols,
};

use crate::{
    Config, ConnectError, Connected, Events, Incoming, IntoProtocols, ListenError, ListenerHandle,
    OpenStreamError, PathKind, PathState, Usage, dial::DialKey, hub::Hub, live::Live,
    registry::Handler, runner::Runner,
};

/// The connections of a host and what is done with them. Clones are handles to the same host.
///
/// When the last handle is dropped the host closes at once, as by a hurried [`shutdown`](Self::shutdown). A
/// handler that holds a handle keeps the host alive.
#[derive(Clone)]
pub struct Swarm {
    hub: Arc<Hub>,
    _last: Arc<ClosesAtOnce>,
}

/// What a host is made of.
#[derive(Debug)]
pub struct SwarmParameters {
    /// Who this host is; the identity that the transports prove.
    pub local_peer: PeerId,
    /// How it connects. For each address the first one that handles it is taken.
    pub transports: Vec<Arc<dyn Transport>>,
    /// What looks up the names in addresses. `None`: such addresses cannot be dialed.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// Its clock and its tasks.
    pub runtime: Runtime,
    /// Its settings.
    pub config: Config,
}

/// What is known about a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its number.
    pub id: ConnectionId,
    /// Who is at the other end.
    pub peer: PeerId,
    /// Who made it.
    pub direction: Direction,
    /// This end's address, as far as it is known.
    pub local_address: Address,
    /// The other end's address.
    pub remote_address: Address,
    /// How it is secured and multiplexed.
    pub security: Security,
    /// How long it has existed.
    pub age: Duration,
    /// Whether the peer is known to have accepted our identity.
    pub is_confirmed: bool,
    /// Streams that somebody holds here, of both directions.
    pub open_streams: u32,
}

struct ClosesAtOnce(Arc<Hub>);

impl Swarm {
    /// Starts a host. It listens nowhere and knows nobody.
    pub fn start(parameters: SwarmParameters) -> Self {
        let hub = Arc::new(Hub::new(parameters));
        hub.lend_buffers();
        hub.runtime.spawn("swarm", Runner::new(hub.clone()).run());
        Self {
            _last: Arc::new(ClosesAtOnce(hub.clone())),
            hub,
        }
    }

    /// Returns who this host is.
    pub fn local_peer(&self) -> PeerId {
        self.hub.local_peer
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        &self.hub.config
    }

    /// Accepts connections at `address`; port 0 picks one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, by this host or at all.
    pub async fn listen(&self, address: Address) -> Result<ListenerHandle, ListenError> {
        self.hub.listen(address).await
    }

    /// Returns the addresses at which the host accepts connections, in the order in which it began.
    pub fn listen_addresses(&self) -> Vec<Address> {
        let state = self.hub.lock();
        state
            .listeners
            .values()
            .map(|listener| listener.address.clone())
            .collect()
    }

    /// Connects to whoever is at `address`; if it names a peer, to that peer and no other.
    ///
    /// As [`connect_peer`](Self::connect_peer) when the address names a peer. Without a peer, a connection that
    /// was made by dialing the same address is used again.
    ///
    /// # Errors
    ///
    /// As for [`connect_peer`](Self::connect_peer).
    pub async fn connect_address(&self, address: Address) -> Result<Connected, ConnectError> {
        match address.peer_id() {
            Some(peer) => self.connect_peer(peer, [address]).await,
            None => {
                let key = DialKey::Address(address.clone());
                self.hub.connect(key, vec![address]).await
            }
        }
    }

    /// Connects to `peer` at one of `addresses`, or finds that it is connected.
    ///
    /// However many callers wait for one peer, there is one attempt; callers who come later add their
    /// addresses to it. When the last of them stops waiting, the attempt is given up and leaves nothing behind.
    ///
    /// The connection can carry streams when this returns. That the peer has accepted *our* identity takes a
    /// round trip more: [`confirmed`](Self::confirmed) waits for it.
    ///
    /// # Errors
    ///
    /// Every address failed, each with its reason; or the host has no room, or is shutting down.
    pub async fn connect_peer(
        &self,
        peer: PeerId,
        addresses: impl IntoIterator<Item = Address>,
    ) -> Result<Connected, ConnectError> {
        if peer == self.hub.local_peer {
            return Err(ConnectError::DialedSelf { peer });
        }
        let addresses: Vec<_> = addresses
            .into_iter()
            .take(self.hub.config.max_addresses_per_dial)
            .collect();
        let is_another = |address: &&Address| address.peer_id().is_some_and(|it| it != peer);
        if let Some(address) = addresses.iter().find(is_another) {
            return Err(ConnectError::AddressOfAnother {
                expected: peer,
                address: address.clone(),
            });
        }
        let named = addresses.into_iter().map(|it| it.with_peer(peer)).collect();
        self.hub.connect(DialKey::Peer(peer), named).await
    }

    /// Waits until the peer has accepted our identity.
    ///
    /// # Errors
    ///
    /// The connection ended first, or is not known any more ([`CloseReason::TransportClosed`]).
    pub async fn confirmed(&self, connection: ConnectionId) -> Result<(), CloseReason> {
        match self.hub.get(connection) {
            Some(live) => live.confirmed().await,
            None => Err(CloseReason::TransportClosed),
        }
    }

    /// Opens a stream on the newest connection of `peer`; on the next one if that turns out to be over.
    ///
    /// With one protocol the stream can be used at once, and a peer that does not speak it surfaces as an error
    /// of the first read. With several, this waits for the peer's choice.
    ///
    /// # Errors
    ///
    /// The peer is not connected, does not speak any of several protocols, or allows no more streams.
    pub async fn open_stream(
        &self,
        peer: PeerId,
        protocols: impl IntoProtocols,
    ) -> Result<Stream, OpenStreamError> {
        let protocols = protocols.into_protocols()?;
        self.hub.open_stream(peer, protocols).await
    }

    /// Opens a stream on one connection. See [`open_stream`](Self::open_stream).
    ///
    /// # Errors
    ///
    /// As for [`open_stream`](Self::open_stream); the connection may be unknown.
    pub async fn open_stream_on(
        &self,
        connection: ConnectionId,
        protocols: impl IntoProtocols,
    ) -> Result<Stream, OpenStreamError> {
        let protocols = protocols.into_protocols()?;
        self.hub.open_stream_by_id(connection, protocols).await
    }

    /// Serves a protocol: `handler` is called with each stream that a peer opens for it.
    ///
    /// It takes the place of the handler that was there; streams that one has go on. The futures are polled
    /// within the transport's turn, so one that computes for long stalls connections until it is moved to a task
    /// of its own: spawn such work.
    pub fn serve<F, Serving>(&self, protocol: Protocol, handler: F)
    where
        F: Fn(Stream) -> Serving + Send + Sync + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        self.hub.serve(protocol, Handler::new(handler));
    }

    /// Serves a protocol with a queue of at most `capacity` streams; more are reset with
    /// [`RESOURCE_LIMIT_EXCEEDED`](sinew_transport::StreamCode::RESOURCE_LIMIT_EXCEEDED).
    pub fn accept_queue(&self, protocol: Protocol, capacity: usize) -> Incoming {
        Incoming::open(&self.hub, protocol, capacity)
    }

    /// Serves a protocol no longer, and returns whether it was served. Streams that are open go on.
    pub fn stop_serving(&self, protocol: &str) -> bool {
        self.hub.stop_serving(protocol, None)
    }

    /// Returns the protocols that are served.
    pub fn protocols(&self) -> Protocols {
        self.hub.registry().protocols.clone()
    }

    /// Returns the events from here on.
    pub fn events(&self) -> Events {
        self.hub.events.subscribe()
    }

    /// Returns the connections, in the order in which they were opened.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        let now = self.hub.runtime.now();
        let connections = self.hub.connections();
        connections.iter().map(|it| it.describe(now)).collect()
    }

    /// Returns what is known about one connection.
    pub fn connection(&self, connection: ConnectionId) -> Option<ConnectionInfo> {
        let live = self.hub.get(connection)?;
        Some(live.describe(self.hub.runtime.now()))
    }

    /// Returns the peers that are connected, in the order of their ids.
    pub fn peers(&self) -> Vec<PeerId> {
        self.hub.lock().table.peers().collect()
    }

    /// Returns whether there is a connection with `peer`.
    pub fn is_connected(&self, peer: PeerId) -> bool {
        self.hub.newest(peer, None).is_some()
    }

    /// Returns what is known about the path and the traffic of a connection.
    pub fn stats(&self, connection: ConnectionId) -> Option<ConnectionStats> {
        let live = self.hub.get(connection)?;
        Some(live.connection.stats())
    }

    /// Returns how much of the host's limits is in use.
    pub fn usage(&self) -> Usage {
        self.hub.ledger.usage()
    }

    /// Returns what the latest dials tell about a kind of path ([`Config::black_hole_detection`]).
    pub fn path_state(&self, kind: PathKind) -> PathState {
        self.hub.lock_black_holes().state(kind)
    }

    /// Closes a connection, and returns whether there was one.
    pub fn close_connection(&self, connection: ConnectionId, code: ConnectionCode) -> bool {
        let Some(live) = self.hub.get(connection) else {
            return false;
        };
        // Nobody gets it from here on, however long it takes to end.
        self.hub.lock().table.retire(connection);
        live.connection.close(code, "");
        true
    }

    /// Closes all connections with `peer`, and returns how many there were.
    pub fn disconnect(&self, peer: PeerId) -> usize {
        // Whoever connects from here on gets a new connection, however long these take to end.
        let of_peer = self.hub.retire(peer);
        for live in &of_peer {
            live.connection.close(ConnectionCode::NO_ERROR, "");
        }
        of_peer.len()
    }

    /// Ends the host, and returns when it has ended.
    ///
    /// Nothing new is begun from here on. Streams that are open may finish, for
    /// [`Config::shutdown_grace`]; then the peers are told, with [`ConnectionCode::SHUTDOWN`], and the transports
    /// closed. A second call hurries: open streams are not waited for. Dropping the future does not stop the
    /// shutdown.
    pub async fn shutdown(&self) {
        self.hub.close_or_hurry();
        self.hub
            .done
            .wait_for(|is_done| is_done.then_some(()))
            .await;
    }
}

impl Live {
    fn describe(&self, now: Instant) -> ConnectionInfo {
        ConnectionInfo {
            id: self.id,
            peer: self.peer,
            direction: self.direction,
            local_address: self.connection.local_address(),
            remote_address: self.connection.remote_address(),
            security: self.connection.security(),
            age: now.saturating_duration_since(self.opened),
            is_confirmed: self.is_confirmed(),
            open_streams: self.tally.open_streams(),
        }
    }
}

impl Drop for ClosesAtOnce {
    fn drop(&mut self) {
        self.0.close_at_once();
    }
}

impl fmt::Debug for Swarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swarm")
            .field("local_peer", &self.hub.local_peer)
            .finish_non_exhaustive()
    }
}
