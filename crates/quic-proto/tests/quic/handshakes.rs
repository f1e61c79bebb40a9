//! What a peer says in the packets of its handshake that does not belong there, or not yet.

use std::{net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, DatagramEvent, EndpointConfig, ServerConfig,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use sinew_identity::PeerId;
use sinew_quic_proto::{CloseReason, ConnectionHandle, Dial, Event};
use sinew_tls::{Certificate, ClientTemplate, Options, ServerTemplate};

use crate::{
    attacker::Frames,
    leaky::{LeakyClient, LeakyServer, Slot},
    net::{Build, Net, wall},
};

#[test]
fn an_acknowledgement_behind_the_last_of_the_handshake_in_its_packet_is_taken() {
    let (mut net, ..) = Net::connected();
    let mut rogue = Rogue::new(&net, 1);
    rogue.in_handshake = Frames::default().ack(0, 0).0;

    rogue.dial(&mut net);

    let victim = victim(&net, 1).unwrap();
    assert!(rogue.has_tampered);
    assert_eq!(close_reason(&net, 1), None);
    assert_eq!(
        net.events(1, victim),
        [
            Event::Connected { peer: rogue.peer },
            Event::HandshakeConfirmed
        ]
    );
    assert_others_served(&mut net);
}

#[test]
fn an_acknowledgement_of_what_was_not_sent_behind_the_last_of_a_listener_ends_the_dial() {
    let (mut net, ..) = Net::connected();
    let mut rogue = Rogue::new(&net, 0);
    // The dialer has sent nothing that is protected like this.
    rogue.in_handshake = Frames::default().ack(0, 0).0;

    rogue.be_dialed(&mut net);

    assert!(rogue.has_tampered);
    assert_violation(&net, 0);
    assert_others_served(&mut net);
}

#[test]
fn the_end_of_the_handshake_is_not_believed_in_a_packet_of_the_handshake() {
    let (mut net, ..) = Net::connected();
    let mut rogue = Rogue::new(&net, 0);
    rogue.in_handshake = HANDSHAKE_DONE.to_vec();

    rogue.be_dialed(&mut net);

    assert!(rogue.has_tampered);
    assert_violation(&net, 0);
    assert_others_served(&mut net);
}

#[test]
fn the_end_of_the_handshake_from_a_listener_that_has_not_heard_us_harms_nobody() {
    let (mut net, ..) = Net::connected();
    let mut rogue = Rogue::new(&net, 0);
    // In the datagram in which the listener's half of the handshake ends.
    rogue.behind_handshake = HANDSHAKE_DONE.to_vec();

    let handle = rogue.be_dialed(&mut net);

    assert!(rogue.has_tampered);
    // Who it is was proven, and that is all that is believed of it.
    let events = net.events(0, handle);
    assert_eq!(events.first(), Some(&Event::Connected { peer: rogue.peer }));
    assert_others_served(&mut net);
}

/// A peer that shakes hands by the rules, but for some frames that it adds.
struct Rogue {
    addr: SocketAddr,
    endpoint: quinn_proto::Endpoint,
    client: ClientConfig,
    connection: Option<quinn_proto::Connection>,
    keys: Slot,
    peer: PeerId,
    victim: usize,
    /// What the victim calls the connection.
    cid: Vec<u8>,
    /// Added to each of its packets that are protected with the keys of the handshake.
    in_handshake: Vec<u8>,
    /// Sent in a packet of its own, protected with the keys for what follows, in the same datagram as the last of
    /// those.
    behind_handshake: Vec<u8>,
    has_tampered: bool,
}

impl Rogue {
    fn new(net: &Net, victim: usize) -> Self {
        let build = Build::seeded(99);
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99);
        let certificate = Certificate::generate(&build.keypair, &mut rng, wall()).unwrap();
        let options = Options::quic(build.provider, net.nodes[victim].clock());
        let keys = Slot::default();
        let (tls, _) = ClientTemplate::new(&certificate, &options)
            .unwrap()
            .for_handshake(None);
        let client = Arc::new(QuicClientConfig::try_from(tls).unwrap());
        let (tls, _) = ServerTemplate::new(&certificate, &options)
            .unwrap()
            .for_handshake();
        let server = Arc::new(QuicServerConfig::try_from(tls).unwrap());
        let server = ServerConfig::with_crypto(Arc::new(LeakyServer::new(server, keys.clone())));
        let own = Arc::new(EndpointConfig::default());
        Self {
            addr: SocketAddr::from(([203, 0, 113, 99], 9999)),
            endpoint: quinn_proto::Endpoint::new(own, Some(Arc::new(server)), false, None),
            client: ClientConfig::new(Arc::new(LeakyClient::new(client, keys.clone()))),
            connection: None,
            keys,
            peer: build.keypair.peer_id(),
            victim,
            cid: Vec::new(),
            in_handshake: Vec::new(),
            behind_handshake: Vec::new(),
            has_tampered: false,
        }
    }

    /// Dials the victim.
    fn dial(&mut self, net: &mut Net) {
        let to = net.nodes[self.victim].addr;
        let dialed = self
            .endpoint
            .connect(net.now, self.client.clone(), to, "x.example");
        self.connection = Some(dialed.unwrap().1);
        self.shake_hands(net);
    }

    /// Has the victim dial.
    fn be_dialed(&mut self, net: &mut Net) -> ConnectionHandle {
        let dial = Dial {
            remote: self.addr,
            local_ip: None,
            expected: Some(self.peer),
        };
        let handle = net.dial_stranger(self.victim, dial);
        self.shake_hands(net);
        handle
    }

    fn shake_hands(&mut self, net: &mut Net) {
        for _ in 0..10 {
            self.hear(net);
            let mut out = Vec::new();
            while let Some(connection) = &mut self.connection
                && let Some(transmit) = connection.poll_transmit(net.now, 1, &mut out)
            {
                let datagram = self.tamper(&out[..transmit.size]);
                net.inject(self.addr, self.victim, &datagram);
                out.clear();
            }
        }
        net.settle();
    }

    fn hear(&mut self, net: &mut Net) {
        let from = net.nodes[self.victim].addr;
        for payload in net.intercept_at(self.addr) {
            if self.cid.is_empty() && payload[0] & 0x80 != 0 {
                // [RFC 9000 §17.2] Both ids follow flags and version.
                let at = 6 + usize::from(payload[5]);
                let len = usize::from(payload[at]);
                self.cid = payload[at + 1..at + 1 + len].to_vec();
            }
            let payload = BytesMut::from(&payload[..]);
            let mut out = Vec::new();
            let routed = self
                .endpoint
                .handle(net.now, from, None, None, payload, &mut out);
            match routed {
                Some(DatagramEvent::ConnectionEvent(_, event)) => {
                    self.connection.as_mut().unwrap().handle_event(event);
                }
                Some(DatagramEvent::NewConnection(incoming)) => {
                    let accepted = self.endpoint.accept(incoming, net.now, &mut out, None);
                    self.connection = Some(accepted.unwrap().1);
                }
                Some(DatagramEvent::Response(_)) | None => {}
            }
        }
    }

    /// Adds to what leaves what is to be added.
    fn tamper(&mut self, datagram: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = datagram;
        let mut has_handshake = false;
        while let Some(long) = Long::parse(rest) {
            let (packet, behind) = rest.split_at(long.len);
            rest = behind;
            if !long.is_handshake {
                out.extend(packet);
                continue;
            }
            has_handshake = true;
            let more = &self.in_handshake;
            let packet = self
                .keys
                .handshake(|keys| keys.seal_more(packet, long.number_at, more));
            out.extend(packet.unwrap());
            self.has_tampered |= !more.is_empty();
        }
        if has_handshake && !self.behind_handshake.is_empty() && self.keys.has_last() {
            let frames = std::mem::take(&mut self.behind_handshake);
            let packet = self
                .keys
                .last(|keys| keys.seal_short(&self.cid, 1 << 20, &frames));
            out.extend(packet);
            self.has_tampered = true;
            return out;
        }
        out.extend(rest);
        out
    }
}

/// A packet with a long header.
struct Long {
    is_handshake: bool,
    number_at: usize,
    len: usize,
}

impl Long {
    // [RFC 9000 §17.2]
    fn parse(packet: &[u8]) -> Option<Self> {
        let first = packet.first().filter(|first| **first & 0x80 != 0)?;
        let kind = first >> 4 & 3;
        let mut at = 5;
        for _ in 0..2 {
            at += 1 + usize::from(packet[at]);
        }
        if kind == 0 {
            let (token, len) = varint(&packet[at..]);
            at += len + token;
        }
        let (len, field) = varint(&packet[at..]);
        let number_at = at + field;
        Some(Self {
            is_handshake: kind == 2,
            number_at,
            len: number_at + len,
        })
    }
}

// [RFC 9000 §16]
fn varint(bytes: &[u8]) -> (usize, usize) {
    let len = 1 << (bytes[0] >> 6);
    let first = usize::from(bytes[0] & 0x3f);
    let rest = bytes[1..len].iter();
    (
        rest.fold(first, |value, byte| value << 8 | usize::from(*byte)),
        len,
    )
}

/// The victim's connection to the rogue.
fn victim(net: &Net, node: usize) -> Option<ConnectionHandle> {
    let mut peers = net.nodes[node].connections.iter();
    let of_rogue = peers.find(|(_, peer)| peer.connection.remote_address().port() == 9999);
    of_rogue.map(|(handle, _)| *handle)
}

fn close_reason(net: &Net, node: usize) -> Option<CloseReason> {
    let handle = victim(net, node).unwrap();
    let peer = &net.nodes[node].connections[&handle];
    peer.connection.close_reason().cloned()
}

fn assert_violation(net: &Net, node: usize) {
    let end = close_reason(net, node);
    let Some(CloseReason::Violation { code, .. }) = end else {
        panic!("{end:?}");
    };
    assert_eq!(code, PROTOCOL_VIOLATION, "{end:?}");
}

/// Asserts that two others speak to each other as ever.
fn assert_others_served(net: &mut Net) {
    let honest = |net: &Net, node: usize| {
        let mut peers = net.nodes[node].connections.iter();
        let found = peers.find(|(_, peer)| peer.connection.remote_address().port() != 9999);
        *found.unwrap().0
    };
    let (dialer, listener) = (honest(net, 0), honest(net, 1));
    let stream = net.peer(0, dialer).open_with(b"as ever");
    net.settle();
    let connection = net.connection(1, listener);
    assert_eq!(connection.accept_stream(), Some(stream));
    assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "as ever");
}

/// [RFC 9000 §19.20]
const HANDSHAKE_DONE: [u8; 1] = [0x1e];

// [RFC 9000 §20.1]
const PROTOCOL_VIOLATION: u64 = 0x0a;
