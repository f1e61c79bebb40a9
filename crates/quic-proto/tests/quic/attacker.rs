//! A peer with a good certificate and its own mind: it holds the keys of its connection, and seals whatever
//! frames it likes.

use std::{
    any::Any,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, ConnectError, ConnectionHandle, ConnectionId, DatagramEvent, EndpointConfig,
    Side, TransportError,
    crypto::{
        self, CryptoError, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session,
        rustls::QuicClientConfig,
    },
    transport_parameters::TransportParameters,
};
use sinew_quic_proto::CloseReason;
use sinew_tls::{Certificate, ClientTemplate, Options};

use crate::net::{Build, Net, wall};

pub(crate) struct Attacker {
    addr: SocketAddr,
    endpoint: quinn_proto::Endpoint,
    handle: ConnectionHandle,
    connection: quinn_proto::Connection,
    keys: Slot,
    /// What the victim calls the connection.
    cid: Vec<u8>,
    /// How many bytes what we call it has.
    own_cid_len: usize,
    next: u64,
    victim: usize,
    pub(crate) sent_bytes: usize,
}

impl Attacker {
    /// Connects to node `victim`, as everybody may.
    pub(crate) fn connect(net: &mut Net, victim: usize) -> Self {
        let build = Build::seeded(99);
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99);
        let certificate = Certificate::generate(&build.keypair, &mut rng, wall()).unwrap();
        let options = Options::quic(build.provider, net.nodes[victim].clock());
        let template = ClientTemplate::new(&certificate, &options).unwrap();
        let (tls, _) = template.for_handshake(None);
        let keys = Slot::default();
        let crypto = Leaky {
            inner: Arc::new(QuicClientConfig::try_from(tls).unwrap()),
            keys: keys.clone(),
        };
        let config = ClientConfig::new(Arc::new(crypto));
        let own = EndpointConfig::default();
        let mut endpoint = quinn_proto::Endpoint::new(Arc::new(own), None, false, None);
        let to = net.nodes[victim].addr;
        let (handle, connection) = endpoint.connect(net.now, config, to, "x.example").unwrap();
        let mut attacker = Self {
            addr: SocketAddr::from(([203, 0, 113, 99], 9999)),
            endpoint,
            handle,
            connection,
            keys,
            cid: Vec::new(),
            own_cid_len: 0,
            next: 1 << 20,
            victim,
            sent_bytes: 0,
        };
        attacker.shake_hands(net);
        attacker
    }

    /// Sends one packet with `frames` in it, in an order and a state that are nobody's business.
    pub(crate) fn send(&mut self, net: &mut Net, frames: &[u8]) {
        let packet = self.seal(frames);
        self.sent_bytes += packet.len();
        net.inject(self.addr, self.victim, &packet);
    }

    /// Takes what the victim has sent, and returns the numbers of the packets.
    pub(crate) fn receive(&mut self, net: &mut Net) -> Vec<u64> {
        let datagrams = net.intercept_at(self.addr);
        datagrams.iter().filter_map(|it| self.open(it)).collect()
    }

    /// Why the victim has ended the connection.
    pub(crate) fn end(&self, net: &Net) -> Option<CloseReason> {
        let peers = net.nodes[self.victim].connections.values();
        let mut of_us = peers.filter(|it| it.connection.remote_address() == self.addr);
        of_us.next().unwrap().connection.close_reason().cloned()
    }

    fn shake_hands(&mut self, net: &mut Net) {
        for _ in 0..10 {
            let mut out = Vec::new();
            while let Some(transmit) = self.connection.poll_transmit(net.now, 1, &mut out) {
                net.inject(self.addr, self.victim, &out[..transmit.size]);
                out.clear();
            }
            for payload in net.intercept_at(self.addr) {
                self.learn_ids(&payload);
                let from = net.nodes[self.victim].addr;
                let payload = BytesMut::from(&payload[..]);
                let routed =
                    self.endpoint
                        .handle(net.now, from, None, None, payload, &mut Vec::new());
                if let Some(DatagramEvent::ConnectionEvent(handle, event)) = routed {
                    assert_eq!(handle, self.handle);
                    self.connection.handle_event(event);
                }
            }
            while let Some(event) = self.connection.poll_endpoint_events() {
                let answer = self.endpoint.handle_event(self.handle, event);
                answer
                    .into_iter()
                    .for_each(|it| self.connection.handle_event(it));
            }
        }
        assert!(!self.connection.is_handshaking());
        assert_eq!(self.end(net), None);
    }

    /// [RFC 9000 §17.2] A long header has both ids behind flags and version.
    fn learn_ids(&mut self, payload: &[u8]) {
        if self.cid.is_empty() && payload[0] & 0x80 != 0 {
            self.own_cid_len = payload[5].into();
            let at = 6 + self.own_cid_len;
            let len = usize::from(payload[at]);
            self.cid = payload[at + 1..at + 1 + len].to_vec();
        }
    }

    /// [RFC 9000 §17.3.1] A short header with a packet number of four bytes.
    fn seal(&mut self, frames: &[u8]) -> Vec<u8> {
        let keys = self.keys.0.lock().unwrap();
        let keys = keys.as_ref().unwrap();
        let number = self.next;
        self.next += 1;
        let mut packet = vec![0x43];
        packet.extend(&self.cid);
        let number_at = packet.len();
        packet.extend(u32::try_from(number).unwrap().to_be_bytes());
        let header_len = packet.len();
        packet.extend(frames);
        // A header is protected with a sample of what follows it; zeros are PADDING.
        packet.resize(packet.len().max(header_len + 4), 0);
        packet.resize(packet.len() + keys.packet[0].tag_len(), 0);
        keys.packet[0].encrypt(number, &mut packet, header_len);
        keys.header[0].encrypt(number_at, &mut packet);
        packet
    }

    /// Opens a packet with a short header.
    fn open(&self, datagram: &[u8]) -> Option<u64> {
        let keys = self.keys.0.lock().unwrap();
        let keys = keys.as_ref().unwrap();
        if datagram[0] & 0x80 != 0 {
            return None;
        }
        let mut packet = datagram.to_vec();
        let number_at = 1 + self.own_cid_len;
        keys.header[1].decrypt(number_at, &mut packet);
        let len = usize::from(packet[0] & 3) + 1;
        let header_len = number_at + len;
        let bytes = packet[number_at..header_len].iter();
        // The victim sends few enough that no number is cut.
        let number = bytes.fold(0, |number, byte| number << 8 | u64::from(*byte));
        let mut payload = BytesMut::from(&packet[header_len..]);
        let header = &packet[..header_len];
        keys.packet[1].decrypt(number, header, &mut payload).ok()?;
        Some(number)
    }
}

/// Builds frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames(pub(crate) Vec<u8>);

impl Frames {
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// [RFC 9000 §16]
    pub(crate) fn varint(mut self, value: u64) -> Self {
        match value {
            0..0x40 => self.0.push(value as u8),
            0x40..0x4000 => self.0.extend((value as u16 | 0x4000).to_be_bytes()),
            0x4000..0x4000_0000 => self.0.extend((value as u32 | 0x8000_0000).to_be_bytes()),
            _ => self.0.extend((value | 0xc000_0000_0000_0000).to_be_bytes()),
        }
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// [RFC 9000 §19.8] STREAM with offset and length.
    pub(crate) fn stream(self, id: u64, offset: u64, data: &[u8]) -> Self {
        let header = self.byte(0x0e).varint(id).varint(offset);
        header.varint(data.len() as u64).bytes(data)
    }

    /// [RFC 9000 §19.3] ACK of `first..=last`.
    pub(crate) fn ack(self, first: u64, last: u64) -> Self {
        let frame = self.byte(0x02).varint(last).varint(0);
        frame.varint(0).varint(last - first)
    }

    /// [RFC 9000 §19.15] NEW_CONNECTION_ID.
    pub(crate) fn new_connection_id(self, sequence: u64, retire_prior_to: u64) -> Self {
        let mut id = [7; 8 + 16];
        id[..8].copy_from_slice(&sequence.to_be_bytes());
        id[8..16].copy_from_slice(&sequence.to_be_bytes());
        let frame = self.byte(0x18).varint(sequence).varint(retire_prior_to);
        frame.byte(8).bytes(&id)
    }

    /// [RFC 9000 §19.17] PATH_CHALLENGE.
    pub(crate) fn path_challenge(self, data: u64) -> Self {
        self.byte(0x1a).bytes(&data.to_be_bytes())
    }
}

/// The keys of the connection, once there are any.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<Leaked>>>);

/// Ours and the victim's.
struct Leaked {
    header: [Arc<dyn HeaderKey>; 2],
    packet: [Arc<dyn PacketKey>; 2],
}

/// A cryptographic configuration that does not keep its secrets.
struct Leaky {
    inner: Arc<QuicClientConfig>,
    keys: Slot,
}

struct LeakySession {
    inner: Box<dyn Session>,
    keys: Slot,
}

struct SharedHeaderKey(Arc<dyn HeaderKey>);

struct SharedPacketKey(Arc<dyn PacketKey>);

impl crypto::ClientConfig for Leaky {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        server_name: &str,
        params: &TransportParameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        let inner = self.inner.clone();
        Ok(Box::new(LeakySession {
            inner: inner.start_session(version, server_name, params)?,
            keys: self.keys.clone(),
        }))
    }
}

impl Session for LeakySession {
    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        self.inner.initial_keys(dst_cid, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.inner.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.inner.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.inner.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.inner.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.inner.read_handshake(buf)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.inner.transport_parameters()
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        let Keys { header, packet } = self.inner.write_handshake(buf)?;
        // The last that come are those of the application's packets.
        let leaked = Leaked {
            header: [Arc::from(header.local), Arc::from(header.remote)],
            packet: [Arc::from(packet.local), Arc::from(packet.remote)],
        };
        let keys = Keys {
            header: KeyPair {
                local: Box::new(SharedHeaderKey(leaked.header[0].clone())),
                remote: Box::new(SharedHeaderKey(leaked.header[1].clone())),
            },
            packet: KeyPair {
                local: Box::new(SharedPacketKey(leaked.packet[0].clone())),
                remote: Box::new(SharedPacketKey(leaked.packet[1].clone())),
            },
        };
        *self.keys.0.lock().unwrap() = Some(leaked);
        Some(keys)
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        self.inner.next_1rtt_keys()
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.inner.is_valid_retry(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.inner.export_keying_material(output, label, context)
    }
}

impl HeaderKey for SharedHeaderKey {
    fn decrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        self.0.decrypt(pn_offset, packet);
    }

    fn encrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        self.0.encrypt(pn_offset, packet);
    }

    fn sample_size(&self) -> usize {
        self.0.sample_size()
    }
}

impl PacketKey for SharedPacketKey {
    fn encrypt(&self, packet: u64, buf: &mut [u8], header_len: usize) {
        self.0.encrypt(packet, buf, header_len);
    }

    fn decrypt(
        &self,
        packet: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        self.0.decrypt(packet, header, payload)
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.0.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        self.0.integrity_limit()
    }
}
