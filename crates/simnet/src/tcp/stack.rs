//! The TCP of all nodes.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4},
    task::Waker,
};

use super::{
    connection::{Change, Connection},
    segment::{Between, Segment},
};
use crate::{
    Loss, NodeId,
    core::{Core, Event},
    packet::{Body, Packet, TCP_HEADER, ip_header},
    udp::EPHEMERAL_PORTS,
};

/// All connections and listeners.
#[derive(Debug, Default)]
pub(crate) struct TcpStack {
    connections: BTreeMap<ConnectionKey, Connection>,
    by_ends: BTreeMap<Ends, ConnectionKey>,
    listeners: BTreeMap<(NodeId, SocketAddr), Listener>,
    last: u64,
}

/// A connection's number; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionKey(u64);

/// Node, local address and remote address.
type Ends = (NodeId, SocketAddr, SocketAddr);

#[derive(Debug)]
struct Listener {
    low_water: Option<u32>,
    /// Handshakes in progress.
    accepting: Vec<ConnectionKey>,
    accepted: VecDeque<ConnectionKey>,
    waker: Option<Waker>,
}

impl TcpStack {
    pub(crate) fn count(&self, node: NodeId) -> usize {
        let connections = self.of_node(node).filter(|(_, it)| !it.is_over());
        let listeners = self.listeners.keys().filter(|(it, _)| *it == node);
        connections.count() + listeners.count()
    }

    /// # Errors
    ///
    /// The node crashed.
    pub(super) fn get_mut(&mut self, key: ConnectionKey) -> io::Result<&mut Connection> {
        let connection = self.connections.get_mut(&key);
        connection.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn insert(&mut self, connection: Connection) -> ConnectionKey {
        self.last += 1;
        let key = ConnectionKey(self.last);
        self.by_ends.insert(connection.ends(), key);
        self.connections.insert(key, connection);
        key
    }

    /// Whether no connection that is alive has these ends.
    fn is_free(&self, ends: &Ends) -> bool {
        let key = self.by_ends.get(ends);
        let connection = key.and_then(|key| self.connections.get(key));
        connection.is_none_or(Connection::is_over)
    }

    fn is_port_used(&self, node: NodeId, port: u16) -> bool {
        let listens = |(it, address): &(NodeId, SocketAddr)| *it == node && address.port() == port;
        self.listeners.keys().any(listens)
            || self
                .of_node(node)
                .any(|(_, it)| it.local.port() == port && !it.is_over())
    }

    /// Returns the connections of a node that packets can reach.
    fn of_node(&self, node: NodeId) -> impl Iterator<Item = (ConnectionKey, &Connection)> {
        let ends = self.by_ends.range((node, LOWEST, LOWEST)..);
        ends.take_while(move |((it, _, _), _)| *it == node)
            .filter_map(|(_, key)| Some((*key, self.connections.get(key)?)))
    }

    fn listener_for(&self, node: NodeId, to: SocketAddr) -> Option<(NodeId, SocketAddr)> {
        let exact = (node, to);
        if self.listeners.contains_key(&exact) {
            return Some(exact);
        }
        let any = (node, SocketAddr::new(unspecified(to), to.port()));
        self.listeners.contains_key(&any).then_some(any)
    }
}

impl Core {
    /// Begins to connect.
    pub(super) fn tcp_connect(
        &mut self,
        node: NodeId,
        remote: SocketAddr,
        local: Option<SocketAddr>,
        low_water: Option<u32>,
    ) -> Result<ConnectionKey, io::ErrorKind> {
        if remote.port() == 0 || local.is_some_and(|it| it.is_ipv4() != remote.is_ipv4()) {
            return Err(io::ErrorKind::InvalidInput);
        }
        let wanted = local.filter(|local| !local.ip().is_unspecified());
        if wanted.is_some_and(|local| !self.node(node).has(local.ip())) {
            return Err(io::ErrorKind::AddrNotAvailable);
        }
        let ip = match wanted {
            Some(local) => local.ip(),
            None => self
                .node(node)
                .source_for(remote.ip())
                .ok_or(io::ErrorKind::NetworkUnreachable)?,
        };
        let port = match local.map(|local| local.port()).filter(|port| *port != 0) {
            Some(port) => port,
            None => self.free_tcp_port(node)?,
        };
        let local = SocketAddr::new(ip, port);
        if !self.tcp.is_free(&(node, local, remote)) {
            return Err(io::ErrorKind::AddrInUse);
        }
        let largest = self.largest_segment(node, remote);
        let mut connection = Connection::new(node, (local, remote), largest, low_water);
        connection.connect(self.now);
        let key = self.tcp.insert(connection);
        self.settle(key);
        Ok(key)
    }

    pub(super) fn tcp_listen(
        &mut self,
        node: NodeId,
        wanted: SocketAddr,
        low_water: Option<u32>,
    ) -> Result<SocketAddr, io::ErrorKind> {
        if !self.node(node).has(wanted.ip()) {
            return Err(io::ErrorKind::AddrNotAvailable);
        }
        let mut address = wanted;
        if wanted.port() == 0 {
            address.set_port(self.free_tcp_port(node)?);
        }
        let clashes = |(it, other): &(NodeId, SocketAddr)| {
            let (ip, other_ip) = (address.ip(), other.ip());
            *it == node
                && other.port() == address.port()
                && ip.is_ipv4() == other_ip.is_ipv4()
                && (ip == other_ip || ip.is_unspecified() || other_ip.is_unspecified())
        };
        if self.tcp.listeners.keys().any(clashes) {
            return Err(io::ErrorKind::AddrInUse);
        }
        let listener = Listener {
            low_water,
            accepting: Vec::new(),
            accepted: VecDeque::new(),
            waker: None,
        };
        self.tcp.listeners.insert((node, address), listener);
        Ok(address)
    }

    /// Takes a connection that is ready, or remembers who waits for one.
    pub(super) fn tcp_accept(
        &mut self,
        node: NodeId,
        address: SocketAddr,
        waker: &Waker,
    ) -> Option<io::Result<ConnectionKey>> {
        let Some(listener) = self.tcp.listeners.get_mut(&(node, address)) else {
            return Some(Err(io::ErrorKind::NotConnected.into()));
        };
        let ready = listener.accepted.pop_front();
        if ready.is_none() {
            listener.waker = Some(waker.clone());
        }
        ready.map(Ok)
    }

    pub(super) fn tcp_unlisten(&mut self, node: NodeId, address: SocketAddr) {
        let Some(listener) = self.tcp.listeners.remove(&(node, address)) else {
            return;
        };
        for key in listener.accepting.into_iter().chain(listener.accepted) {
            if let Ok(connection) = self.tcp.get_mut(key) {
                connection.abandon_unread();
            }
            self.settle(key);
        }
        self.wakers.extend(listener.waker);
    }

    pub(crate) fn arrive_tcp(&mut self, packet: Packet) {
        let Body::Tcp(segment, between) = &packet.body else {
            return;
        };
        let ends = (packet.target, packet.to, packet.from);
        let key = self.tcp.by_ends.get(&ends).copied();
        let is_new = matches!(segment, Segment::Syn) && self.tcp.is_free(&ends);
        if let Some(key) = key.filter(|_| !is_new) {
            self.delivered(&packet);
            if between.to.is_none_or(|to| to == key) {
                self.tcp_handle(key, segment.clone(), between.from);
            } else {
                self.tcp_stray(key, &packet);
            }
        } else if is_new {
            self.tcp_incoming(&packet);
        } else {
            self.delivered(&packet);
            if *segment != Segment::Reset {
                self.refuse(&packet);
            }
        }
    }

    fn tcp_incoming(&mut self, packet: &Packet) {
        let node = packet.target;
        let Some(listening) = self.tcp.listener_for(node, packet.to) else {
            self.delivered(packet);
            return self.refuse(packet);
        };
        let largest = self.largest_segment(node, packet.from);
        let Some(listener) = self.tcp.listeners.get(&listening) else {
            return;
        };
        if listener.accepting.len() + listener.accepted.len() >= BACKLOG {
            return self.lose(packet, Loss::BacklogFull);
        }
        let ends = (packet.to, packet.from);
        let mut connection = Connection::new(node, ends, largest, listener.low_water);
        connection.peer = sender(packet);
        connection.accept(self.now);
        connection.listening = Some(listening.1);
        let key = self.tcp.insert(connection);
        if let Some(listener) = self.tcp.listeners.get_mut(&listening) {
            listener.accepting.push(key);
        }
        self.delivered(packet);
        self.settle(key);
    }

    fn tcp_handle(&mut self, key: ConnectionKey, segment: Segment, from: Option<ConnectionKey>) {
        let now = self.now;
        let Ok(connection) = self.tcp.get_mut(key) else {
            return;
        };
        if connection.is_connecting() && matches!(segment, Segment::Syn | Segment::SynAck(_)) {
            connection.peer = from;
        }
        let change = connection.handle(now, segment);
        if change == Change::Opened {
            self.on_opened(key);
        }
        self.settle(key);
    }

    /// Deals with what is meant for a connection of before, with the same ends.
    fn tcp_stray(&mut self, key: ConnectionKey, packet: &Packet) {
        let is_connecting = self.tcp.get_mut(key).is_ok_and(|it| it.is_connecting());
        // A connection that stands ignores numbers that are not its own.
        if is_connecting && !matches!(packet.body, Body::Tcp(Segment::Reset, _)) {
            self.refuse(packet);
        }
    }

    /// Hands a connection to its listener, if it has one, or wakes who connects.
    fn on_opened(&mut self, key: ConnectionKey) {
        let Ok(connection) = self.tcp.get_mut(key) else {
            return;
        };
        let node = connection.node;
        let writer = connection.writer.take();
        let listening = connection.listening.take();
        self.wakers.extend(writer);
        if let Some(address) = listening
            && let Some(listener) = self.tcp.listeners.get_mut(&(node, address))
        {
            listener.accepting.retain(|it| *it != key);
            listener.accepted.push_back(key);
            let waker = listener.waker.take();
            self.wakers.extend(waker);
        }
    }

    fn refuse(&mut self, packet: &Packet) {
        let between = Between {
            from: None,
            to: sender(packet),
        };
        let body = Body::Tcp(Segment::Reset, between);
        self.send(packet.target, packet.to, packet.from, body);
    }

    pub(crate) fn on_tcp_timer(&mut self, key: ConnectionKey) {
        let now = self.now;
        if let Ok(connection) = self.tcp.get_mut(key) {
            connection.armed = None;
            connection.handle_timeout(now);
            self.settle(key);
        }
    }

    /// Sends what a connection has to send, wakes who can go on, and sets its timer.
    pub(super) fn settle(&mut self, key: ConnectionKey) {
        let now = self.now;
        let Ok(connection) = self.tcp.get_mut(key) else {
            return;
        };
        connection.flush(now);
        let (node, local, remote) = connection.ends();
        let between = Between {
            from: Some(key),
            to: connection.peer,
        };
        let output = std::mem::take(&mut connection.output);
        let wakers = connection.take_wakers();
        self.wakers.extend(wakers);
        let connection = self.tcp.connections.get(&key);
        let deadline = connection.and_then(Connection::deadline);
        let armed = connection.and_then(|it| it.armed);
        let is_gone = connection.is_some_and(|it| it.is_gone(now));
        let is_failed_accept =
            connection.is_some_and(|it| it.listening.is_some() && it.error().is_some());

        if armed.map(|armed| armed.at) != deadline || is_gone {
            if let Some(armed) = armed {
                self.schedule.cancel(armed);
            }
            let due = deadline.filter(|_| !is_gone);
            let armed = due.map(|at| self.schedule.add(at.max(now), Event::Tcp(key)));
            if let Ok(connection) = self.tcp.get_mut(key) {
                connection.armed = armed;
            }
        }
        if is_gone || is_failed_accept {
            self.forget(key);
        }
        for segment in output {
            self.send(node, local, remote, Body::Tcp(segment, between));
        }
    }

    fn forget(&mut self, key: ConnectionKey) {
        let Some(connection) = self.tcp.connections.remove(&key) else {
            return;
        };
        if let Some(armed) = connection.armed {
            self.schedule.cancel(armed);
        }
        let ends = connection.ends();
        if self.tcp.by_ends.get(&ends) == Some(&key) {
            self.tcp.by_ends.remove(&ends);
        }
        if let Some(address) = connection.listening
            && let Some(listener) = self.tcp.listeners.get_mut(&(connection.node, address))
        {
            listener.accepting.retain(|it| *it != key);
        }
        // Nobody waits for what was forgotten, but wakers are dropped with no lock held.
        self.wakers.extend(connection.reader);
        self.wakers.extend(connection.writer);
    }

    pub(crate) fn crash_tcp(&mut self, node: NodeId) {
        let tcp = &mut self.tcp;
        let listeners = tcp.listeners.extract_if(.., |(it, _), _| *it == node);
        self.wakers
            .extend(listeners.filter_map(|(_, listener)| listener.waker));
        let connections = tcp.connections.iter();
        let doomed: Vec<_> = connections
            .filter(|(_, it)| it.node == node)
            .map(|(key, _)| *key)
            .collect();
        for key in doomed {
            self.forget(key);
        }
    }

    fn free_tcp_port(&mut self, node: NodeId) -> Result<u16, io::ErrorKind> {
        for _ in 0..EPHEMERAL_PORTS {
            let port = self.node_mut(node).next_port();
            if !self.tcp.is_port_used(node, port) {
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrInUse)
    }

    fn largest_segment(&self, node: NodeId, remote: SocketAddr) -> usize {
        let mtu = match self.owner(remote.ip()) {
            Some(owner) if owner != node => self.path_mtu(node, owner),
            Some(_) | None => LOOPBACK_MTU,
        };
        let headers = ip_header(&remote) + TCP_HEADER;
        mtu.saturating_sub(headers).max(MIN_SEGMENT)
    }
}

/// Returns the connection that a packet comes from.
fn sender(packet: &Packet) -> Option<ConnectionKey> {
    match &packet.body {
        Body::Tcp(_, between) => between.from,
        Body::Udp { .. } => None,
    }
}

fn unspecified(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Connections that wait to be accepted, handshakes in progress included.
const BACKLOG: usize = 1024;

/// Before every other.
const LOWEST: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

const LOOPBACK_MTU: usize = 65_535;
const MIN_SEGMENT: usize = 536;
