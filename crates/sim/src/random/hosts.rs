//! The hosts of a world: started, found, gone and back.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sinew::{Address, Config, Host, PeerId};
use sinew_simnet::{Node, World};

use super::{
    book::Book,
    echo, letter,
    limits::{self, Census},
    plan::Plan,
};

/// The hosts of a world. Clones are the same.
#[derive(Clone)]
pub(super) struct Hosts(Arc<Inner>);

struct Inner {
    plan: Plan,
    nodes: Vec<Node>,
    /// Where each of them is, unless it is away.
    homes: Vec<IpAddr>,
    book: Book,
    census: Census,
    /// Those that run.
    running: Mutex<Vec<Option<Host>>>,
}

impl Hosts {
    /// Makes the machines; nothing runs on them yet.
    pub(super) fn new(world: &World, plan: &Plan, book: Book) -> Self {
        let nodes = (0..plan.hosts.len()).map(|number| world.node(&format!("host-{number}")));
        let nodes: Vec<_> = nodes.collect();
        Self(Arc::new(Inner {
            homes: nodes.iter().map(Node::ipv4).collect(),
            nodes,
            running: Mutex::new(plan.hosts.iter().map(|_| None).collect()),
            plan: plan.clone(),
            book,
            census: Census::default(),
        }))
    }

    pub(super) fn count(&self) -> usize {
        self.0.nodes.len()
    }

    /// # Panics
    ///
    /// There is no such host.
    pub(super) fn node(&self, host: usize) -> &Node {
        self.0.nodes.get(host).expect("plans name hosts that exist")
    }

    /// Returns the address of a host, whether it has it at present or not.
    ///
    /// # Panics
    ///
    /// There is no such host.
    pub(super) fn home(&self, host: usize) -> IpAddr {
        let home = self.0.homes.get(host);
        *home.expect("plans name hosts that exist")
    }

    /// Returns what applications hold.
    pub(super) fn census(&self) -> &Census {
        &self.0.census
    }

    /// Returns a host that runs.
    pub(super) fn get(&self, host: usize) -> Option<Host> {
        self.lock().get(host)?.clone()
    }

    pub(super) fn peer(&self, host: usize) -> PeerId {
        self.node(host).keypair().peer_id()
    }

    /// Returns where a host listens when it runs and is at home.
    pub(super) fn addresses(&self, host: usize) -> Vec<Address> {
        let Some(plan) = self.0.plan.hosts.get(host) else {
            return Vec::new();
        };
        let place = (self.home(host), PORT).into();
        let quic = plan.quic.then(|| Address::quic(place));
        let tcp = plan.tcp.then(|| Address::tcp(place));
        let addresses = quic.into_iter().chain(tcp);
        addresses
            .map(|address| address.with_peer(self.peer(host)))
            .collect()
    }

    /// Starts a host, which serves everybody.
    ///
    /// # Panics
    ///
    /// It cannot be started.
    pub(super) async fn start(&self, number: usize) {
        let node = self.node(number);
        let mut builder = node.host();
        if self.0.plan.is_tight {
            builder = builder.config(tight());
        }
        for address in self.addresses(number) {
            builder = builder.listen(address.without_peer());
        }
        let host = builder
            .start()
            .await
            .unwrap_or_else(|error| panic!("host {number} does not start: {error}"));
        let (hosts, book) = (self.clone(), self.0.book.clone());
        let inspection = limits::inspect(host.events(), hosts.clone(), number, book.clone());
        node.spawn("inspector", inspection);
        let (servant, ledger) = (hosts.clone(), book.clone());
        host.serve(echo::PROTOCOL, move |stream| {
            echo::serve(stream, servant.clone(), number, ledger.clone())
        });
        let runtime = host.runtime().clone();
        host.serve(letter::PROTOCOL, move |stream| {
            letter::serve(stream, hosts.clone(), number, book.clone(), runtime.clone())
        });
        if let Some(place) = self.lock().get_mut(number) {
            *place = Some(host);
        }
    }

    /// Forgets a host that crashed.
    pub(super) fn forget(&self, number: usize) {
        let gone = self.lock().get_mut(number).and_then(Option::take);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Host>>> {
        self.0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settings under which there is not room for everybody.
fn tight() -> Config {
    let mut config = Config::default();
    config.limits.max_connections = 3;
    config.limits.max_inbound_connections = 2;
    config.limits.max_outbound_connections = 2;
    config.limits.max_connections_per_peer = 1;
    config.limits.max_inbound_streams_per_connection = 8;
    config.limits.max_outbound_streams_per_connection = 16;
    config.limits.max_negotiating_per_connection = 4;
    config.limits.max_buffered_bytes = 3 << 20;
    config
}

/// A protocol that nobody serves.
pub(super) const UNSERVED: &str = "/sim/nobody-serves-this/1";

const PORT: u16 = 4001;
