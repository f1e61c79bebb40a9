//! A peer with a good certificate and its own mind: it holds the keys of its connection, and seals whatever
//! frames it likes.

use std::{net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, ConnectionHandle, DatagramEvent, EndpointConfig, TransportConfig,
    crypto::rustls::QuicClientConfig,
};
use sinew_quic_proto::{CloseReason, Config};
use sinew_tls::{Certificate, ClientTemplate, Options};

use crate::{
    leaky::{Leaked, LeakyClient, Slot},
    net::{Build, Net, wall},
};

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
    /// The largest number that the victim has sent.
    largest: u64,
    victim: usize,
    pub(crate) sent: Sent,
    pub(crate) received: Sent,
}

/// What has gone one way since the handshake.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) datagrams: usize,
    pub(crate) bytes: usize,
}

impl Sent {
    fn count(&mut self, datagram: &[u8]) {
        self.datagrams += 1;
        self.bytes += datagram.len();
    }
}

impl Attacker {
    /// Connects to node `victim`, as everybody may.
    pub(crate) fn connect(net: &mut Net, victim: usize) -> Self {
        Self::connect_with(net, victim, TransportConfig::default())
    }

    /// Connects as one of our kind would.
    pub(crate) fn connect_in_disguise(net: &mut Net, victim: usize) -> Self {
        let mut transport = TransportConfig::default();
        let window = Config::default().stream_receive_window;
        transport.stream_receive_window(window.into());
        Self::connect_with(net, victim, transport)
    }

    fn connect_with(net: &mut Net, victim: usize, transport: TransportConfig) -> Self {
        let build = Build::seeded(99);
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99);
        let certificate = Certificate::generate(&build.keypair, &mut rng, wall()).unwrap();
        let options = Options::quic(build.provider, net.nodes[victim].clock());
        let template = ClientTemplate::new(&certificate, &options).unwrap();
        let (tls, _) = template.for_handshake(None);
        let keys = Slot::default();
        let inner = Arc::new(QuicClientConfig::try_from(tls).unwrap());
        let crypto = LeakyClient::new(inner, keys.clone());
        let mut config = ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(transport));
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
            largest: 0,
            victim,
            sent: Sent::default(),
            received: Sent::default(),
        };
        attacker.shake_hands(net);
        attacker
    }

    /// Sends one packet with `frames` in it, in an order and a state that are nobody's business.
    pub(crate) fn send(&mut self, net: &mut Net, frames: &[u8]) {
        let packet = self.seal(frames);
        self.sent.count(&packet);
        net.inject(self.addr, self.victim, &packet);
    }

    /// Takes what the victim has sent, and returns the numbers of the packets.
    pub(crate) fn receive(&mut self, net: &mut Net) -> Vec<u64> {
        let packets = self.receive_packets(net).into_iter();
        packets.map(|(number, _)| number).collect()
    }

    /// Takes what the victim has sent, and returns the numbers of the packets and the frames in them.
    pub(crate) fn receive_packets(&mut self, net: &mut Net) -> Vec<(u64, BytesMut)> {
        let datagrams = net.intercept_at(self.addr);
        datagrams.iter().for_each(|it| self.received.count(it));
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

    fn seal(&mut self, frames: &[u8]) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        self.keys
            .last(|keys| keys.seal_short(&self.cid, number, frames))
    }

    fn open(&mut self, datagram: &[u8]) -> Option<(u64, BytesMut)> {
        let (own_cid_len, largest) = (self.own_cid_len, self.largest);
        let open = |keys: &Leaked| keys.open_short(own_cid_len, largest, datagram);
        let (number, frames) = self.keys.last(open)?;
        self.largest = number;
        Some((number, frames))
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
