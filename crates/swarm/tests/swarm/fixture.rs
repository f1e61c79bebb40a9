//! Hosts, their addresses, and what several tests do with them.

use std::sync::Arc;

use sinew_identity::{Keypair, PeerId};
use sinew_multiaddr::Address;
use sinew_runtime::{Resolver, Runtime};
use sinew_swarm::{Config, Event, Events, Swarm, SwarmParameters, Usage};
use sinew_transport::{Protocol, memory::MemoryNetwork};

use crate::lab::Lab;

pub(crate) const ECHO: Protocol = Protocol::from_static("/echo/1.0.0");
pub(crate) const OTHER: Protocol = Protocol::from_static("/other/1.0.0");

/// A host with the transport that it uses.
pub(crate) struct Host {
    pub(crate) swarm: Swarm,
    pub(crate) lab: Lab,
    pub(crate) peer: PeerId,
}

/// A network on which hosts are started.
pub(crate) struct World(MemoryNetwork);

impl World {
    pub(crate) fn new() -> Self {
        Self::of(MemoryNetwork::new(Runtime::tokio()))
    }

    pub(crate) fn of(network: MemoryNetwork) -> Self {
        Self(network)
    }

    pub(crate) fn host(&self, secret: u8) -> Host {
        self.host_with(secret, |_| {})
    }

    pub(crate) fn host_with(&self, secret: u8, change: impl FnOnce(&mut Config)) -> Host {
        self.host_that_asks(secret, None, change)
    }

    pub(crate) fn host_that_asks(
        &self,
        secret: u8,
        resolver: Option<Arc<dyn Resolver>>,
        change: impl FnOnce(&mut Config),
    ) -> Host {
        let mut config = Config::default();
        change(&mut config);
        let peer = peer(secret);
        let lab = Lab::new(self.0.transport(peer));
        let swarm = Swarm::start(SwarmParameters {
            local_peer: peer,
            transports: vec![Arc::new(lab.clone())],
            resolver,
            runtime: Runtime::tokio(),
            config,
        });
        Host { swarm, lab, peer }
    }

    /// A host that listens and echoes.
    pub(crate) async fn echoing(&self, secret: u8) -> (Host, Address) {
        self.echoing_with(secret, |_| {}).await
    }

    pub(crate) async fn echoing_with(
        &self,
        secret: u8,
        change: impl FnOnce(&mut Config),
    ) -> (Host, Address) {
        let host = self.host_with(secret, change);
        host.serve_echo();
        let address = host.listen().await;
        (host, address)
    }

    /// Two hosts, of which the first has dialed the second.
    pub(crate) async fn connected(&self) -> (Host, Host) {
        let (bob, address) = self.echoing(2).await;
        let alice = self.host(1);
        alice.swarm.connect_address(address).await.unwrap();
        bob.until_connected(&alice).await;
        (alice, bob)
    }
}

impl Host {
    /// Listens at an address of its own, which names the host.
    pub(crate) async fn listen(&self) -> Address {
        let listener = self.swarm.listen(Address::memory(0)).await.unwrap();
        listener.address().clone().with_peer(self.peer)
    }

    pub(crate) fn serve_echo(&self) {
        self.swarm.serve(ECHO, |mut stream| async move {
            stream.copy_back().await.ok();
        });
    }

    /// Sends `text` to be echoed, and returns what comes back.
    pub(crate) async fn echo(&self, peer: PeerId, text: &str) -> String {
        let mut stream = self.swarm.open_stream(peer, ECHO).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.finish().unwrap();
        String::from_utf8(stream.read_to_end(1024).await.unwrap()).unwrap()
    }

    pub(crate) async fn until_connected(&self, other: &Self) {
        until(|| self.swarm.is_connected(other.peer)).await;
    }

    pub(crate) async fn until_alone(&self) {
        until(|| self.swarm.connections().is_empty()).await;
    }

    /// Waits until nothing is in use; a permit that leaked makes the test hang, and its guard fail it.
    pub(crate) async fn until_idle(&self) {
        until(|| self.swarm.usage() == Usage::default()).await;
    }
}

pub(crate) fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

/// Lets others run until `is_so`; a condition that never comes true fails the test.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
        // On several threads the others need real time.
        std::thread::yield_now();
    }
    panic!("waited in vain");
}

/// Lets everything that can run now run, on a runtime of one thread.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// Returns the events that are there, in a form that is short to compare.
pub(crate) fn drain(events: &mut Events) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(name).collect()
}

/// Returns the name of an event and what tells it from others of its kind.
pub(crate) fn name(event: Event) -> String {
    match event {
        Event::ListeningOn { .. } => "listening".into(),
        Event::ListenerClosed { .. } => "listener closed".into(),
        Event::ConnectionOpened { direction, .. } => format!("opened {direction:?}"),
        Event::ConnectionConfirmed { .. } => "confirmed".into(),
        Event::ConnectionClosed { remaining, .. } => format!("closed, {remaining} remain"),
        Event::AddressChanged { .. } => "address changed".into(),
        Event::DialFailed { .. } => "dial failed".into(),
        Event::InboundFailed { .. } => "inbound failed".into(),
        Event::LimitReached(exceeded) => format!("limit {}", exceeded.limit),
        Event::PathStateChanged { kind, state } => format!("{kind} {state}"),
        Event::ProtocolsChanged => "protocols changed".into(),
        Event::Missed(count) => format!("missed {count}"),
        other => format!("{other:?}"),
    }
}

/// Far more rounds than any wait here takes.
const PATIENCE: usize = 2_000_000;
