//! `Host`: a peer among peers.

use std::{fmt, future::Future, sync::Arc};

use rand::CryptoRng;
use sinew_identity::{Keypair, PeerId};
use sinew_multiaddr::Address;
use sinew_runtime::Runtime;
use sinew_swarm::{
    Config, ConnectError, ConnectionInfo, Events, Incoming, IntoProtocols, ListenError,
    ListenerHandle, OpenStreamError, Swarm,
};
use sinew_transport::{Protocol, Stream};
use tracing::debug;

use crate::{HandlerOutput, HostBuilder, chance::Chance, interfaces::dialable};

/// A peer among peers: it listens, connects, serves protocols and opens streams. Clones are the same host.
///
/// When the last clone is dropped the host closes its connections at once; [`shutdown`](Self::shutdown) lets
/// open streams finish first.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) swarm: Swarm,
    pub(crate) runtime: Runtime,
    pub(crate) chance: Chance,
    #[cfg(feature = "identify")]
    pub(crate) identify: crate::identify_service::Service,
}

impl Host {
    /// Begins to describe a host that proves to be the owner of `keypair`.
    pub fn builder(keypair: Keypair) -> HostBuilder {
        HostBuilder::new(keypair)
    }

    /// Returns who this host is.
    pub fn peer_id(&self) -> PeerId {
        self.inner.swarm.local_peer()
    }

    /// Accepts connections at `address` too; port 0 picks a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, by this host or at all.
    pub async fn listen(&self, address: Address) -> Result<ListenerHandle, ListenError> {
        self.inner.swarm.listen(address).await
    }

    /// Returns the addresses at which others can dial this host, each with its peer id.
    ///
    /// In place of an unspecified address stand those of the machine's interfaces ([`dialable`]).
    pub fn listen_addresses(&self) -> Vec<Address> {
        let peer = self.peer_id();
        let bound = self.inner.swarm.listen_addresses();
        let addresses = bound.iter().flat_map(dialable);
        addresses.map(|address| address.with_peer(peer)).collect()
    }

    /// Connects to whoever is at `address`; if it names a peer, to that peer and no other. Returns who it is.
    ///
    /// A connection that is there already is used again, and however many callers wait for one peer, one
    /// attempt is made. One whose peer has owed an answer for a second is not: it may have restarted.
    ///
    /// # Errors
    ///
    /// The address could not be dialed, or another peer is there.
    pub async fn connect(&self, address: Address) -> Result<PeerId, ConnectError> {
        let connected = self.inner.swarm.connect_address(address).await?;
        Ok(connected.peer)
    }

    /// Connects to `peer` at whichever of `addresses` answers first.
    ///
    /// # Errors
    ///
    /// Every address failed; the error holds the reason for each.
    pub async fn connect_peer(
        &self,
        peer: PeerId,
        addresses: impl IntoIterator<Item = Address>,
    ) -> Result<(), ConnectError> {
        self.inner.swarm.connect_peer(peer, addresses).await?;
        Ok(())
    }

    /// Closes the connections with `peer`, and returns how many there were.
    pub fn disconnect(&self, peer: PeerId) -> usize {
        self.inner.swarm.disconnect(peer)
    }

    /// Opens a stream to a connected peer, to speak one protocol or the first of several that the peer knows.
    ///
    /// With one protocol this takes no round trip: whether the peer speaks it shows when the stream is first
    /// read from.
    ///
    /// # Errors
    ///
    /// The peer is not connected, speaks none of several protocols, or allows no more streams.
    pub async fn open_stream(
        &self,
        peer: PeerId,
        protocols: impl IntoProtocols,
    ) -> Result<Stream, OpenStreamError> {
        self.inner.swarm.open_stream(peer, protocols).await
    }

    /// Serves a protocol, under one name or several: `handler` is called with each stream that a peer opens for
    /// it, and may return nothing or a `Result`, whose error is logged.
    ///
    /// It takes the place of the handler that was there. Handlers run in the turn in which bytes arrive, which
    /// makes short answers quick; one that computes for long or blocks stalls connections: spawn such work.
    ///
    /// # Panics
    ///
    /// When a string is not the name of a protocol (it begins with a slash). A name that is not a literal is
    /// parsed to a [`Protocol`] first.
    pub fn serve<Handler, Serving>(&self, protocols: impl IntoProtocols, handler: Handler)
    where
        Handler: Fn(Stream) -> Serving + Send + Sync + 'static,
        Serving: Future<Output: HandlerOutput> + Send + 'static,
    {
        let handler = Arc::new(handler);
        for protocol in named(protocols) {
            let handler = handler.clone();
            self.inner.swarm.serve(protocol, move |stream| {
                let (peer, protocol) = (stream.peer(), stream.protocol().cloned());
                let serving = handler(stream);
                async move {
                    if let Err(error) = serving.await.into_outcome() {
                        let protocol = protocol.as_ref().map(Protocol::as_str);
                        debug!(%peer, protocol, %error, "handler ended with an error");
                    }
                }
            });
        }
    }

    /// Serves a protocol with a queue: streams wait, at most `capacity` of them, until they are taken. More
    /// are reset. Dropping the queue stops serving.
    ///
    /// # Panics
    ///
    /// As [`serve`](Self::serve); and when it is not exactly one protocol.
    pub fn accept(&self, protocol: impl IntoProtocols, capacity: usize) -> Incoming {
        let [protocol] = <[Protocol; 1]>::try_from(named(protocol))
            .expect("a queue is for exactly one protocol");
        self.inner.swarm.accept_queue(protocol, capacity)
    }

    /// Serves a protocol no longer, and returns whether it was served. Streams that are open go on.
    pub fn stop_serving(&self, protocol: impl AsRef<str>) -> bool {
        self.inner.swarm.stop_serving(protocol.as_ref())
    }

    /// Returns what happens to the host from here on.
    pub fn events(&self) -> Events {
        self.inner.swarm.events()
    }

    /// Returns the connections, in the order in which they were opened.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.inner.swarm.connections()
    }

    /// Returns everything that the facade has no short form for.
    pub fn swarm(&self) -> &Swarm {
        &self.inner.swarm
    }

    /// Returns the clock and the tasks that the host uses.
    pub fn runtime(&self) -> &Runtime {
        &self.inner.runtime
    }

    /// Returns a new generator of random numbers, for protocols that draw some: with
    /// [`HostBuilder::dangerous_seed`] its numbers are the same in every run.
    pub fn rng(&self) -> impl CryptoRng + Send + Sync + use<> {
        self.inner.chance.rng()
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        self.inner.swarm.config()
    }

    /// Ends the host: nothing new is begun, open streams may finish for a while
    /// ([`Config::shutdown_grace`]), peers are told, sockets closed. A second call hurries it.
    pub async fn shutdown(&self) {
        self.inner.swarm.shutdown().await;
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("peer_id", &self.peer_id())
            .finish_non_exhaustive()
    }
}

fn named(protocols: impl IntoProtocols) -> Vec<Protocol> {
    protocols
        .into_protocols()
        .unwrap_or_else(|error| panic!("not the name of a protocol: {error}"))
}
