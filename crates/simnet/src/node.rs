//! A machine in the network.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sinew_runtime::{Runtime, TcpNetwork, UdpNetwork};
use tokio::sync::oneshot;

use crate::{
    Link, clock::VirtualClock, link::LinkState, log::Happening, shared::Shared,
    spawner::NodeSpawner, tcp::VirtualTcp, udp::VirtualUdp,
};

/// A machine in the network: addresses, a clock, tasks, sockets. Clones are the same machine.
///
/// Not to be confused with a `sinew::Host`, which is a program that runs on one.
#[derive(Clone)]
pub struct Node {
    pub(crate) shared: Arc<Shared>,
    id: NodeId,
    name: Arc<str>,
}

/// A node's number, counted from 1 in the order in which nodes were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// What a task returns. Made by [`Node::start`].
#[derive(Debug)]
pub struct Running<T>(oneshot::Receiver<T>);

/// The task ended without a result: its node crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node crashed before its task was done")]
pub struct Crashed;

impl Node {
    pub(crate) fn new(shared: Arc<Shared>, id: NodeId, name: &str) -> Self {
        Self {
            shared,
            id,
            name: name.into(),
        }
    }

    /// Returns the node's number.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Returns the name that it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the addresses, in the order in which they were given.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.shared
            .with(|core| core.node(self.id).addresses.clone())
    }

    /// Returns the first IPv4 address.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn ipv4(&self) -> IpAddr {
        let found = self.addresses().into_iter().find(IpAddr::is_ipv4);
        found.unwrap_or_else(|| panic!("{self:?} has no IPv4 address"))
    }

    /// Returns the first IPv6 address.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn ipv6(&self) -> IpAddr {
        let found = self.addresses().into_iter().find(IpAddr::is_ipv6);
        found.unwrap_or_else(|| panic!("{self:?} has no IPv6 address"))
    }

    /// Gives the node one more address, taking it from whoever had it.
    pub fn add_address(&self, address: IpAddr) {
        self.shared.with(|core| core.give(address, self.id));
    }

    /// Takes an address away. Sockets bound to it hear nothing more; those bound to every address go on, and
    /// send from another.
    pub fn remove_address(&self, address: IpAddr) {
        self.shared.with(|core| core.take_away(address, self.id));
    }

    /// Returns the clock and the tasks of the node's present life.
    pub fn runtime(&self) -> Runtime {
        let (shared, node, life) = (self.shared.clone(), self.id, self.life());
        let clock = VirtualClock {
            shared: shared.clone(),
            node,
        };
        let spawner = NodeSpawner { shared, node, life };
        Runtime::new(Arc::new(clock), Arc::new(spawner))
    }

    /// Returns the UDP sockets of the node's present life.
    pub fn udp(&self) -> Arc<dyn UdpNetwork> {
        Arc::new(VirtualUdp::new(self.shared.clone(), self.id, self.life()))
    }

    /// Returns the TCP sockets of the node's present life.
    pub fn tcp(&self) -> Arc<dyn TcpNetwork> {
        Arc::new(VirtualTcp::new(self.shared.clone(), self.id, self.life()))
    }

    /// Starts a task on the node.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime().spawn(name, task);
    }

    /// Starts a task on the node whose result can be waited for.
    pub fn start<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Running<T> {
        let (sender, receiver) = oneshot::channel();
        self.spawn(name, async move {
            // Nobody may wait for it.
            let _unwanted = sender.send(task.await);
        });
        Running(receiver)
    }

    /// Returns the names of the tasks that run, oldest first.
    pub fn tasks(&self) -> Vec<&'static str> {
        let tasks = self.shared.executor.names(Some(self.id));
        tasks.into_iter().map(|(_, name)| name).collect()
    }

    /// Returns how many UDP sockets, TCP listeners and TCP connections there are.
    ///
    /// A TCP connection counts until both sides are done with it, as in a kernel; one that merely waits
    /// for stray packets does not.
    pub fn sockets(&self) -> usize {
        self.shared
            .with(|core| core.udp.count(self.id) + core.tcp.count(self.id))
    }

    /// Stops the node as if its power were cut: its tasks are dropped, nothing more is sent or heard.
    ///
    /// What it held still exists where a test holds it, and is of no use.
    pub fn crash(&self) {
        self.shared.crash(self.id);
    }

    /// Starts the node again after a crash. It remembers nothing, and takes packets again;
    /// [`runtime`](Self::runtime), [`udp`](Self::udp) and [`tcp`](Self::tcp) are to be asked for anew.
    pub fn restart(&self) {
        self.shared.with(|core| {
            if !core.node(self.id).is_up {
                core.note(&Happening::Restarted(self.id));
                core.node_mut(self.id).is_up = true;
            }
        });
    }

    /// Returns whether the node runs.
    pub fn is_up(&self) -> bool {
        self.shared.with(|core| core.node(self.id).is_up)
    }

    /// Sets the node's wall clock, which goes on from there. The monotonic clock does not notice.
    pub fn set_wall_clock(&self, time: SystemTime) {
        self.shared.with(|core| {
            let now = core.now;
            core.node_mut(self.id).wall_start = time.checked_sub(now).unwrap_or(UNIX_EPOCH);
        });
    }

    /// Has the NAT before the node forget which outer port stands for the UDP port `port`, and give out
    /// another, which is returned. What is sent to the former is lost.
    pub fn rebind_nat(&self, port: u16) -> u16 {
        self.shared.with(|core| core.node_mut(self.id).rebind(port))
    }

    /// Changes the link by which everything leaves the node; there is none at first.
    pub fn set_uplink(&self, link: Link) {
        self.shared
            .with(|core| core.set_access(self.id, Some(link), None));
    }

    /// Changes the link by which everything reaches the node; there is none at first.
    pub fn set_downlink(&self, link: Link) {
        self.shared
            .with(|core| core.set_access(self.id, None, Some(link)));
    }

    /// Sets how many datagrams one send and one received buffer may hold. 64 both; 1 is a system without
    /// segmentation offload.
    pub fn set_udp_offload(&self, segments: usize) {
        self.shared
            .with(|core| core.node_mut(self.id).segments = segments.max(1));
    }

    fn life(&self) -> u32 {
        self.shared.with(|core| core.node(self.id).life)
    }
}

impl NodeId {
    /// What belongs to the world and to no node; it has no address.
    pub(crate) const OUTSIDE: Self = Self(0);

    pub(crate) fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<T> Future for Running<T> {
    type Output = Result<T, Crashed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|_| Crashed)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.name)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// What the world knows of a node.
#[derive(Debug)]
pub(crate) struct NodeState {
    pub(crate) name: String,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) is_up: bool,
    /// Counts the crashes.
    pub(crate) life: u32,
    /// The wall clock at the start of the world.
    pub(crate) wall_start: SystemTime,
    pub(crate) up: Option<LinkState>,
    pub(crate) down: Option<LinkState>,
    pub(crate) segments: usize,
    /// Outer UDP ports by inner ones, where they differ.
    nat: BTreeMap<u16, u16>,
    last_port: u16,
}

impl NodeState {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            addresses: Vec::new(),
            is_up: true,
            life: 0,
            wall_start: UNIX_EPOCH + WALL_START,
            up: None,
            down: None,
            segments: 64,
            nat: BTreeMap::new(),
            last_port: LAST_FIXED_PORT,
        }
    }

    pub(crate) fn is_alive(&self, life: u32) -> bool {
        self.is_up && self.life == life
    }

    /// Says whether a socket can be bound to `address`.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        address.is_unspecified() || address.is_loopback() || self.addresses.contains(&address)
    }

    /// Returns the address that packets to `to` leave from.
    pub(crate) fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        if to.is_loopback() {
            return Some(to);
        }
        let mut addresses = self.addresses.iter().copied();
        addresses.find(|address| address.is_ipv4() == to.is_ipv4())
    }

    /// Returns the next port to try for a socket that takes any.
    pub(crate) fn next_port(&mut self) -> u16 {
        self.last_port = self.last_port.checked_add(1).unwrap_or(LAST_FIXED_PORT + 1);
        self.last_port
    }

    /// Returns an inner address as the world sees it.
    pub(crate) fn outside(&self, mut inner: SocketAddr) -> SocketAddr {
        if let Some(port) = self.nat.get(&inner.port()) {
            inner.set_port(*port);
        }
        inner
    }

    /// Returns the inner port that an outer one stands for, if any.
    pub(crate) fn inside(&self, outer: u16) -> Option<u16> {
        let mut mapped = self.nat.iter();
        match mapped.find(|(_, to)| **to == outer) {
            Some((inner, _)) => Some(*inner),
            // A port that has another outside is not to be reached by its own number.
            None => (!self.nat.contains_key(&outer)).then_some(outer),
        }
    }

    fn rebind(&mut self, inner: u16) -> u16 {
        let outer = self.next_port();
        self.nat.insert(inner, outer);
        outer
    }
}

/// Ephemeral ports are above.
const LAST_FIXED_PORT: u16 = 49_151;

/// The 1st of January 2026: inside the validity of everything that is made at that time.
const WALL_START: Duration = Duration::from_secs(1_767_225_600);
