//! UDP sockets of a node.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use sinew_runtime::{
    BufferSizes, Ecn, ReceivedMeta, UdpNetwork, UdpOptions, UdpSocket, UdpTransmit,
};

use crate::{
    Loss, NodeId,
    core::Core,
    packet::{Body, Packet},
    shared::Shared,
};

/// The UDP of a node, in one of its lives.
#[derive(Clone)]
pub(crate) struct VirtualUdp {
    shared: Arc<Shared>,
    node: NodeId,
    life: u32,
}

/// A bound socket; dropping it closes it.
struct VirtualSocket {
    shared: Arc<Shared>,
    id: SocketId,
    local: SocketAddr,
    buffers: BufferSizes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SocketId(u64);

/// The UDP sockets of all nodes.
#[derive(Debug, Default)]
pub(crate) struct UdpSockets {
    sockets: BTreeMap<SocketId, Socket>,
    /// The sockets of each port, of all addresses and both families.
    by_port: BTreeMap<(NodeId, u16), Vec<SocketId>>,
    last: u64,
}

#[derive(Debug)]
struct Socket {
    node: NodeId,
    local: SocketAddr,
    received: VecDeque<Datagram>,
    received_bytes: usize,
    receive_limit: usize,
    send_limit: usize,
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Datagram {
    remote: SocketAddr,
    local_ip: IpAddr,
    ecn: Option<Ecn>,
    payload: Bytes,
}

impl VirtualUdp {
    pub(crate) fn new(shared: Arc<Shared>, node: NodeId, life: u32) -> Self {
        Self { shared, node, life }
    }
}

impl UdpNetwork for VirtualUdp {
    fn bind(&self, address: SocketAddr, options: UdpOptions) -> io::Result<Arc<dyn UdpSocket>> {
        let receive_limit = options.receive_buffer_bytes.min(MAX_BUFFER_BYTES);
        let send_limit = options.send_buffer_bytes.min(MAX_BUFFER_BYTES);
        let bound = self.shared.with(|core| {
            let mut socket = Socket {
                node: self.node,
                local: address,
                received: VecDeque::new(),
                received_bytes: 0,
                receive_limit,
                send_limit,
                reader: None,
            };
            if !core.node(self.node).is_alive(self.life) {
                return Err(io::ErrorKind::NetworkDown);
            }
            socket.local = core.bind_udp(self.node, address)?;
            let local = socket.local;
            Ok((core.udp.insert(socket), local))
        });
        let (id, local) =
            bound.map_err(|kind| io::Error::new(kind, format!("bind UDP {address}: {kind}")))?;
        Ok(Arc::new(VirtualSocket {
            shared: self.shared.clone(),
            id,
            local,
            buffers: BufferSizes::new(
                (options.receive_buffer_bytes, receive_limit),
                (options.send_buffer_bytes, send_limit),
            ),
        }))
    }
}

impl VirtualSocket {
    fn send(&self, core: &mut Core, transmit: &UdpTransmit<'_>) -> io::Result<()> {
        let socket = core.udp.get(self.id)?;
        let (node, send_limit) = (socket.node, socket.send_limit);
        let remote = transmit.remote;
        if remote.port() == 0 || remote.is_ipv4() != self.local.is_ipv4() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let state = core.node(node);
        let now = core.now;
        if let Some(up) = &state.up
            && up.backlog_bytes(now) > send_limit
        {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let local_ip = transmit.local_ip.unwrap_or(self.local.ip());
        let from = if local_ip.is_unspecified() {
            state.source_for(remote.ip())
        } else {
            state.has(local_ip).then_some(local_ip)
        };
        let from = from.ok_or(io::ErrorKind::NetworkUnreachable)?;
        let contents = transmit.contents;
        let segment_len = transmit.segment_len.unwrap_or(contents.len()).max(1);
        if contents.len().div_ceil(segment_len) > state.segments {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let from = SocketAddr::new(from, self.local.port());
        // An empty datagram is one too.
        let mut segments = contents.chunks(segment_len);
        let first = segments.next().unwrap_or_default();
        for segment in std::iter::once(first).chain(segments) {
            let body = Body::Udp {
                payload: Bytes::copy_from_slice(segment),
                ecn: transmit.ecn,
            };
            core.send(node, from, remote, body);
        }
        Ok(())
    }
}

impl UdpSocket for VirtualSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn try_recv(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [ReceivedMeta],
    ) -> io::Result<usize> {
        self.shared.with(|core| {
            let segments = core.segments_of(self.id)?;
            let socket = core.udp.get_mut(self.id)?;
            let mut filled = 0;
            for (buffer, meta) in buffers.iter_mut().zip(metas) {
                let Some(received) = socket.fill(buffer, segments) else {
                    break;
                };
                *meta = received;
                filled += 1;
            }
            if filled == 0 && !buffers.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(filled)
        })
    }

    fn try_send(&self, transmit: &UdpTransmit<'_>) -> io::Result<()> {
        self.shared.with(|core| self.send(core, transmit))
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut former = None;
        let polled = self.shared.with(|core| {
            let socket = match core.udp.get_mut(self.id) {
                Ok(socket) => socket,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if !socket.received.is_empty() {
                return Poll::Ready(Ok(()));
            }
            former = socket.reader.replace(cx.waker().clone());
            Poll::Pending
        });
        drop(former);
        polled
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.with(|core| {
            let (node, limit) = match core.udp.get(self.id) {
                Ok(socket) => (socket.node, socket.send_limit),
                Err(error) => return Poll::Ready(Err(error)),
            };
            let now = core.now;
            let Some(up) = core.node(node).up.as_ref() else {
                return Poll::Ready(Ok(()));
            };
            if up.backlog_bytes(now) <= limit {
                return Poll::Ready(Ok(()));
            }
            // A nanosecond for the rounding, so that the next look finds room.
            let at = up.drained_to(limit) + std::time::Duration::from_nanos(1);
            core.wake_at(at, cx.waker().clone());
            Poll::Pending
        })
    }

    fn max_send_segments(&self) -> usize {
        self.shared
            .with(|core| core.segments_of(self.id))
            .unwrap_or(1)
    }

    fn max_recv_segments(&self) -> usize {
        self.max_send_segments()
    }

    fn buffer_sizes(&self) -> BufferSizes {
        self.buffers
    }
}

impl Drop for VirtualSocket {
    fn drop(&mut self) {
        let _socket = self.shared.with(|core| core.udp.remove(self.id));
    }
}

impl Core {
    /// Finds an address for a new socket.
    fn bind_udp(&mut self, node: NodeId, wanted: SocketAddr) -> Result<SocketAddr, io::ErrorKind> {
        if !self.node(node).has(wanted.ip()) {
            return Err(io::ErrorKind::AddrNotAvailable);
        }
        if wanted.port() != 0 {
            let is_free = self.udp.is_free(node, wanted);
            return is_free.then_some(wanted).ok_or(io::ErrorKind::AddrInUse);
        }
        for _ in 0..EPHEMERAL_PORTS {
            let port = self.node_mut(node).next_port();
            let address = SocketAddr::new(wanted.ip(), port);
            if self.udp.is_free(node, address) {
                return Ok(address);
            }
        }
        Err(io::ErrorKind::AddrInUse)
    }

    pub(crate) fn arrive_udp(&mut self, packet: Packet) {
        let is_loopback = packet.source == packet.target;
        let inside = if is_loopback {
            Some(packet.to.port())
        } else {
            self.node(packet.target).inside(packet.to.port())
        };
        let Some(port) = inside else {
            return self.lose(&packet, Loss::NoSuchPort);
        };
        let to = SocketAddr::new(packet.to.ip(), port);
        let Some(id) = self.udp.find(packet.target, to) else {
            return self.lose(&packet, Loss::NoSuchPort);
        };
        let Body::Udp { payload, ecn } = &packet.body else {
            return;
        };
        let Ok(socket) = self.udp.get_mut(id) else {
            return;
        };
        if socket.received_bytes + payload.len() > socket.receive_limit {
            return self.lose(&packet, Loss::BufferFull);
        }
        socket.received_bytes += payload.len();
        socket.received.push_back(Datagram {
            remote: packet.from,
            local_ip: packet.to.ip(),
            ecn: *ecn,
            payload: payload.clone(),
        });
        let reader = socket.reader.take();
        self.wakers.extend(reader);
        self.delivered(&packet);
    }

    pub(crate) fn crash_udp(&mut self, node: NodeId) {
        let doomed: Vec<_> = self.udp.of_node(node).collect();
        for id in doomed {
            let reader = self.udp.remove(id).and_then(|socket| socket.reader);
            self.wakers.extend(reader);
        }
    }

    fn segments_of(&self, id: SocketId) -> io::Result<usize> {
        Ok(self.node(self.udp.get(id)?.node).segments)
    }
}

impl UdpSockets {
    pub(crate) fn count(&self, node: NodeId) -> usize {
        self.of_node(node).count()
    }

    fn of_node(&self, node: NodeId) -> impl Iterator<Item = SocketId> {
        let ports = self.by_port.range((node, 0)..=(node, u16::MAX));
        ports.flat_map(|(_, ids)| ids.iter().copied())
    }

    fn insert(&mut self, socket: Socket) -> SocketId {
        self.last += 1;
        let id = SocketId(self.last);
        let port = (socket.node, socket.local.port());
        self.by_port.entry(port).or_default().push(id);
        self.sockets.insert(id, socket);
        id
    }

    fn remove(&mut self, id: SocketId) -> Option<Socket> {
        let socket = self.sockets.remove(&id)?;
        let port = (socket.node, socket.local.port());
        if let Some(ids) = self.by_port.get_mut(&port) {
            ids.retain(|it| *it != id);
            if ids.is_empty() {
                self.by_port.remove(&port);
            }
        }
        Some(socket)
    }

    /// Returns the sockets of a port that have the family of `ip`, each with its address.
    fn at(&self, node: NodeId, to: SocketAddr) -> impl Iterator<Item = (SocketId, IpAddr)> {
        let ids = self.by_port.get(&(node, to.port()));
        let bound = |id: &SocketId| Some((*id, self.sockets.get(id)?.local.ip()));
        ids.into_iter()
            .flatten()
            .filter_map(bound)
            .filter(move |(_, local)| local.is_ipv4() == to.is_ipv4())
    }

    fn get(&self, id: SocketId) -> io::Result<&Socket> {
        let socket = self.sockets.get(&id);
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn get_mut(&mut self, id: SocketId) -> io::Result<&mut Socket> {
        let socket = self.sockets.get_mut(&id);
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn is_free(&self, node: NodeId, wanted: SocketAddr) -> bool {
        let ip = wanted.ip();
        !self
            .at(node, wanted)
            .any(|(_, local)| local == ip || local.is_unspecified() || ip.is_unspecified())
    }

    fn find(&self, node: NodeId, to: SocketAddr) -> Option<SocketId> {
        let mut bound = self.at(node, to);
        let found = bound.find(|(_, local)| *local == to.ip() || local.is_unspecified());
        found.map(|(id, _)| id)
    }
}

impl Socket {
    /// Moves what came first into `buffer`, and what followed it from the same sender as far as it fits.
    fn fill(&mut self, buffer: &mut [u8], segments: usize) -> Option<ReceivedMeta> {
        let first = self.received.front()?;
        let mut meta = ReceivedMeta {
            remote: first.remote,
            local_ip: Some(first.local_ip),
            ecn: first.ecn,
            len: 0,
            stride: first.payload.len().max(1),
        };
        for _ in 0..segments {
            let Some(next) = self.received.front() else {
                break;
            };
            let is_alike = next.remote == meta.remote
                && Some(next.local_ip) == meta.local_ip
                && next.ecn == meta.ecn
                && next.payload.len() <= meta.stride;
            let end = meta.len + next.payload.len();
            let is_first = meta.len == 0;
            let room = buffer.get_mut(meta.len..end).filter(|_| is_alike);
            if room.is_none() && !is_first {
                break;
            }
            let is_last = next.payload.len() < meta.stride;
            if let Some(room) = room {
                room.copy_from_slice(&next.payload);
                meta.len = end;
            }
            self.received_bytes -= next.payload.len();
            self.received.pop_front();
            // What did not fit is gone, and a shorter one ends the batch.
            if is_last || meta.len == 0 {
                break;
            }
        }
        Some(meta)
    }
}

impl fmt::Debug for VirtualUdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualUdp")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VirtualSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualSocket")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

/// What a socket is granted at most, as on a system tuned for servers.
const MAX_BUFFER_BYTES: usize = 8 << 20;

pub(crate) const EPHEMERAL_PORTS: u32 = 16_384;
