//! The state of a world: time, nodes, and the packets between them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    task::Waker,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use sinew_testkit::Seed;

use crate::{
    Cut, CutId, Link, Loss, NodeId, Traffic,
    chance::Chance,
    link::LinkState,
    log::{Happening, Log},
    names::Names,
    node::NodeState,
    packet::{Body, Packet},
    schedule::{Key, Schedule},
    tcp::{ConnectionKey, TcpStack},
    udp::UdpSockets,
};

/// Everything but the tasks, behind one lock. No waker runs while it is held: they are collected in `wakers`.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) seed: Seed,
    pub(crate) now: Duration,
    pub(crate) schedule: Schedule<Event>,
    pub(crate) nodes: Vec<NodeState>,
    owners: BTreeMap<IpAddr, NodeId>,
    default_link: Link,
    links: BTreeMap<(NodeId, NodeId), LinkState>,
    cuts: BTreeMap<CutId, Cut>,
    last_cut: u64,
    pub(crate) udp: UdpSockets,
    pub(crate) tcp: TcpStack,
    pub(crate) names: Names,
    pub(crate) log: Log,
    pub(crate) traffic: Traffic,
    packets: u64,
    /// To be called once the lock is given back.
    pub(crate) wakers: Vec<Waker>,
}

/// Something that was scheduled.
#[derive(Debug)]
pub(crate) enum Event {
    /// A timer, or a socket that has room again.
    Wake(Waker),
    /// A packet has come to the end of a stage.
    Packet(Box<Packet>, Stage),
    /// A TCP connection wants to be called.
    Tcp(ConnectionKey),
}

/// The links on a packet's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Out of the sender's node.
    Up,
    /// From node to node.
    Across,
    /// Into the receiver's node.
    Down,
    /// Nothing is left.
    Arrived,
}

impl Core {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            seed,
            now: Duration::ZERO,
            schedule: Schedule::new(),
            nodes: Vec::new(),
            owners: BTreeMap::new(),
            default_link: Link::default(),
            links: BTreeMap::new(),
            cuts: BTreeMap::new(),
            last_cut: 0,
            udp: UdpSockets::default(),
            tcp: TcpStack::default(),
            names: Names::default(),
            log: Log::new(),
            traffic: Traffic::default(),
            packets: 0,
            wakers: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, happening: &Happening<'_>) {
        self.log.add(self.now, happening);
    }

    pub(crate) fn node(&self, id: NodeId) -> &NodeState {
        self.nodes
            .get(id.get() as usize)
            .expect("nodes are never removed")
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut NodeState {
        self.nodes
            .get_mut(id.get() as usize)
            .expect("nodes are never removed")
    }

    /// Gives an address to a node, and takes it from the one that had it.
    pub(crate) fn give(&mut self, address: IpAddr, node: NodeId) {
        if let Some(former) = self.owners.insert(address, node) {
            self.node_mut(former).addresses.retain(|it| *it != address);
        }
        self.node_mut(node).addresses.push(address);
    }

    pub(crate) fn take_away(&mut self, address: IpAddr, node: NodeId) {
        if self.owners.get(&address) == Some(&node) {
            self.owners.remove(&address);
        }
        self.node_mut(node).addresses.retain(|it| *it != address);
    }

    /// Sends a packet on its way; `from` and `to` are as the sending node sees them.
    pub(crate) fn send(&mut self, source: NodeId, from: SocketAddr, to: SocketAddr, body: Body) {
        let is_local = to.ip().is_loopback() || self.owners.get(&to.ip()) == Some(&source);
        let is_udp = matches!(body, Body::Udp { .. });
        let seen_from = if is_udp && !is_local {
            self.node(source).outside(from)
        } else {
            from
        };
        let target = if is_local {
            Some(source)
        } else {
            self.owners.get(&to.ip()).copied()
        };
        self.packets += 1;
        let packet = Packet {
            number: self.packets,
            source,
            // Without a target it is lost at once, below.
            target: target.unwrap_or(source),
            from: seen_from,
            to,
            body,
        };
        self.traffic.sent += 1;
        self.traffic.sent_bytes += packet.wire_bytes() as u64;
        self.note(&Happening::Sent(&packet));
        if target.is_none() {
            self.lose(&packet, Loss::NoSuchAddress);
        } else if is_local {
            let at = self.now + LOOPBACK_DELAY;
            let event = Event::Packet(Box::new(packet), Stage::Arrived);
            self.schedule.add(at, event);
        } else {
            self.pass(packet, Stage::Up);
        }
    }

    /// Takes a packet through a stage, or through all that follow as long as they take no time.
    pub(crate) fn pass(&mut self, mut packet: Packet, mut stage: Stage) {
        loop {
            if stage == Stage::Arrived {
                return self.arrive(packet);
            }
            if stage == Stage::Across && self.is_cut(&packet) {
                return self.lose(&packet, Loss::Cut);
            }
            let next = stage.next();
            let (now, seed) = (self.now, self.seed);
            let link = match stage {
                Stage::Up => self.node_mut(packet.source).up.as_mut(),
                Stage::Down => self.node_mut(packet.target).down.as_mut(),
                Stage::Across | Stage::Arrived => {
                    let ends = (packet.source, packet.target);
                    let link = self.default_link;
                    let state = self.links.entry(ends);
                    Some(state.or_insert_with(|| LinkState::new(link, chance(seed, ends))))
                }
            };
            let Some(link) = link else {
                stage = next;
                continue;
            };
            let passage = match link.pass(now, &packet) {
                Ok(passage) => passage,
                Err(loss) => return self.lose(&packet, loss),
            };
            if passage.is_doubled {
                let copy = Event::Packet(Box::new(packet.clone()), next);
                self.schedule.add(passage.at, copy);
            }
            if let Some(bit) = passage.wrong_bit {
                match &mut packet.body {
                    Body::Tcp(..) => return self.lose(&packet, Loss::Corrupt),
                    Body::Udp { payload, .. } => *payload = flip(payload, bit),
                }
            }
            self.schedule
                .add(passage.at, Event::Packet(Box::new(packet), next));
            return;
        }
    }

    fn arrive(&mut self, packet: Packet) {
        let node = self.node(packet.target);
        if !node.is_up {
            return self.lose(&packet, Loss::NodeDown);
        }
        if !packet.to.ip().is_loopback() && !node.addresses.contains(&packet.to.ip()) {
            return self.lose(&packet, Loss::NoSuchAddress);
        }
        match packet.protocol() {
            crate::Protocol::Udp => self.arrive_udp(packet),
            crate::Protocol::Tcp => self.arrive_tcp(packet),
        }
    }

    pub(crate) fn delivered(&mut self, packet: &Packet) {
        self.traffic.delivered += 1;
        self.note(&Happening::Delivered(packet));
    }

    pub(crate) fn lose(&mut self, packet: &Packet, loss: Loss) {
        *self.traffic.lost.entry(loss).or_default() += 1;
        self.note(&Happening::Lost(packet, loss));
    }

    fn is_cut(&self, packet: &Packet) -> bool {
        self.cuts.values().any(|cut| cut.stops(packet))
    }

    pub(crate) fn cut(&mut self, cut: Cut) -> CutId {
        self.last_cut += 1;
        let id = CutId(self.last_cut);
        self.cuts.insert(id, cut);
        id
    }

    pub(crate) fn lift(&mut self, id: CutId) -> bool {
        self.cuts.remove(&id).is_some()
    }

    /// Changes the link from one node to another; what is under way arrives as it was to.
    pub(crate) fn set_link(&mut self, ends: (NodeId, NodeId), link: Link) {
        let seed = self.seed;
        let state = self.links.entry(ends);
        let state = state.or_insert_with(|| LinkState::new(link, chance(seed, ends)));
        state.link = link;
        state.is_own = true;
    }

    /// Changes every link that was not set by itself.
    pub(crate) fn set_default_link(&mut self, link: Link) {
        self.default_link = link;
        for state in self.links.values_mut().filter(|state| !state.is_own) {
            state.link = link;
        }
    }

    pub(crate) fn set_access(&mut self, node: NodeId, up: Option<Link>, down: Option<Link>) {
        let seed = self.seed;
        let make = |link, label| {
            let seed = seed.child(label).nth(node.get().into());
            LinkState::new(link, Chance::new(seed))
        };
        let state = self.node_mut(node);
        if let Some(link) = up {
            let up = state.up.get_or_insert_with(|| make(link, "up"));
            up.link = link;
        }
        if let Some(link) = down {
            let down = state.down.get_or_insert_with(|| make(link, "down"));
            down.link = link;
        }
    }

    /// Returns the link between two nodes as it is.
    pub(crate) fn link(&self, ends: (NodeId, NodeId)) -> Link {
        self.links
            .get(&ends)
            .map_or(self.default_link, |state| state.link)
    }

    /// Returns the largest packet that comes from one node to another.
    pub(crate) fn path_mtu(&self, from: NodeId, to: NodeId) -> usize {
        let across = Some(self.link((from, to)).mtu);
        let up = self.node(from).up.as_ref().map(|state| state.link.mtu);
        let down = self.node(to).down.as_ref().map(|state| state.link.mtu);
        [across, up, down].into_iter().flatten().min().unwrap_or(0)
    }

    pub(crate) fn owner(&self, address: IpAddr) -> Option<NodeId> {
        self.owners.get(&address).copied()
    }

    /// Has `waker` called at a point of time.
    pub(crate) fn wake_at(&mut self, at: Duration, waker: Waker) -> Key {
        self.schedule.add(at, Event::Wake(waker))
    }

    /// Does what is due.
    pub(crate) fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(waker) => self.wakers.push(waker),
            Event::Packet(packet, stage) => self.pass(*packet, stage),
            Event::Tcp(key) => self.on_tcp_timer(key),
        }
    }
}

impl Stage {
    fn next(self) -> Self {
        match self {
            Self::Up => Self::Across,
            Self::Across => Self::Down,
            Self::Down | Self::Arrived => Self::Arrived,
        }
    }
}

fn chance(seed: Seed, (from, to): (NodeId, NodeId)) -> Chance {
    let link = seed.child("link");
    Chance::new(link.nth(from.get().into()).nth(to.get().into()))
}

fn flip(payload: &Bytes, bit: u64) -> Bytes {
    let mut damaged = BytesMut::from(&payload[..]);
    let bits = damaged.len() as u64 * 8;
    if let Some(bit) = bit.checked_rem(bits)
        && let Some(byte) = damaged.get_mut((bit / 8) as usize)
    {
        *byte ^= 1 << (bit % 8);
    }
    damaged.freeze()
}

/// What a packet takes inside a node.
const LOOPBACK_DELAY: Duration = Duration::from_micros(10);
