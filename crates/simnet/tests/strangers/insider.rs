//! One who has come in by the rules over QUIC, and seals whatever frames it likes.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, Connection, DatagramEvent, Endpoint, EndpointConfig,
    crypto::rustls::QuicClientConfig,
};
use rand::{SeedableRng as _, rngs::StdRng};
use sinew::{Config, Host};
use sinew_identity::{KeyType, Keypair};
use sinew_simnet::{Node, World};
use sinew_tls::{Certificate, ClientTemplate, Options, UnixTime};
use sinew_transport::BufferBudget;

use crate::{
    frames::max_streams,
    leaky::{Leaked, LeakyClient, Slot},
    lines::{RTT, world},
    siege::{Siege, Stopped, quic_at},
    spoof::Spoof,
};

#[test]
fn streams_that_never_say_what_they_are_for_take_bounded_memory_and_leave_nothing() {
    besiege(async |world, insider, bob| {
        let each = BufferBudget::BASE / 16;
        for offset in (0..each).step_by(1024) {
            for id in 0..16 {
                // All but the first byte, so that nothing can be read.
                insider.send(&stream(4 * id, offset + 1, &[1; 1023]));
            }
            insider.pass(world).await;
        }
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
        assert_eq!(bob.swarm().usage().negotiating, 16);
    });
}

#[test]
fn streams_reset_as_soon_as_they_are_opened_leave_nothing() {
    besiege(async |world, insider, bob| {
        let (mut next, mut limit) = (0, 16);
        for _ in 0..2000 {
            let mut frames = Vec::new();
            let end = limit.min(next + 16);
            for id in next..end {
                // RESET_STREAM
                frames.push(0x04);
                for field in [4 * id, 7, 0] {
                    frames.extend(varint(field));
                }
            }
            next = end;
            insider.send(&frames);
            for frames in insider.pass(world).await {
                limit = max_streams(&frames).map_or(limit, |it| limit.max(it));
            }
        }
        assert!(next > 200, "credit came back for {next} alone");
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
        assert!(bob.swarm().usage().negotiating <= 256);
    });
}

#[test]
fn single_bytes_with_gaps_between_them_end_the_connection_and_leave_nothing() {
    besiege(async |world, insider, bob| {
        for packet in 0..200 {
            let gaps = (0..50).map(|it| stream(0, 2 * (50 * packet + it) + 1, b"x"));
            let frames: Vec<_> = gaps.flatten().collect();
            insider.send(&frames);
            insider.pass(world).await;
        }
        assert_eq!(bob.swarm().usage().inbound_connections, 1);
    });
}

#[test]
fn a_flood_of_pings_over_quic_is_answered_with_less() {
    besiege(async |world, insider, bob| {
        let mut answers = 0;
        for _ in 0..500 {
            for _ in 0..10 {
                insider.send(&[0x01; 1000]);
            }
            answers += insider.pass(world).await.len();
        }
        assert!((1..5000).contains(&answers), "{answers}");
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

#[test]
fn one_who_acknowledges_what_did_not_arrive_loses_its_connection_and_others_go_on() {
    besiege(async |world, insider, bob| {
        insider.send(&stream(0, 0, b"\x13/multistream/1.0.0\n\x08/echo/1\n"));
        let mut offset = 29;
        for _ in 0..1000 {
            insider.send(&stream(0, offset, &[7; 1000]));
            offset += 1000;
            insider.pass(world).await;
            // Every number up to the last, whether it came or not, and as much credit as is asked for.
            let largest = varint(insider.largest);
            let ack = [&[0x02][..], &largest, &[0, 0], &largest].concat();
            insider.send(
                &[
                    &ack[..],
                    &[0x10],
                    &varint(1 << 29),
                    &[0x11, 0],
                    &varint(1 << 29),
                ]
                .concat(),
            );
            if bob.swarm().usage().inbound_connections == 1 {
                break;
            }
        }
        assert!(offset > 20_000, "it ended before it began: {offset}");
        assert_eq!(bob.swarm().usage().inbound_connections, 1);
    });
}

/// What is over is drained for three probe timeouts, in which the peer's own delay is: 49 s at most.
#[test]
fn the_place_of_one_that_acknowledges_late_is_free_when_its_connection_is_closed() {
    let (world, stranger, victim) = world();
    let honest = world.node("honest");
    world.block_on(async {
        let mut config = Config::default();
        config.limits.max_inbound_connections = 1;
        let builder = victim.host().config(config).listen(quic_at(&victim));
        let bob = builder.start().await.unwrap();
        // [RFC 9000 §18.2] max_ack_delay of 2^14 - 1 ms.
        let late = [0x0b, 2, 0x7f, 0xff];
        let mut insider = Insider::come_in_with(&world, &stranger, &victim, &late).await;
        insider.send(&[0x01]);
        insider.pass(&world).await;
        let peer = bob.connections()[0].peer;
        let alice = honest.host().start().await.unwrap();
        let address = bob.listen_addresses().remove(0);
        alice.connect(address.clone()).await.unwrap_err();

        bob.disconnect(peer);
        world.sleep(Duration::from_millis(1)).await;

        let usage = bob.swarm().usage();
        assert_eq!((usage.inbound_connections, usage.buffered_bytes), (0, 0));
        alice.connect(address).await.unwrap();
        let begun = world.elapsed();
        bob.shutdown().await;
        assert!(world.elapsed() - begun <= Duration::from_secs(10));
        world.sleep(Duration::from_secs(60)).await;
        assert_eq!((victim.tasks().len(), victim.sockets()), (0, 0));
    });
}

/// Lets an insider do as it likes to a host that an honest one talks to, and then leave without a word.
fn besiege(attack: impl AsyncFnOnce(&World, &mut Insider, &Host)) {
    let siege = Siege::new(quic_at);
    siege.run(async |siege, bob| {
        let mut insider = Insider::come_in(&siege.world, &siege.stranger, &siege.victim).await;
        siege
            .measure(bob, BOUND, async || {
                attack(&siege.world, &mut insider, bob).await;
            })
            .await;
    });
}

struct Insider {
    spoof: Spoof,
    from: SocketAddr,
    to: SocketAddr,
    keys: Slot,
    /// What the victim calls the connection.
    cid: Vec<u8>,
    own_cid_len: usize,
    next: u64,
    /// The largest number that the victim has sent.
    largest: u64,
}

impl Insider {
    async fn come_in(world: &World, node: &Node, victim: &Node) -> Self {
        Self::come_in_with(world, node, victim, &[]).await
    }

    /// Comes in with these transport parameters besides the usual ones.
    async fn come_in_with(world: &World, node: &Node, victim: &Node, more: &[u8]) -> Self {
        let mut rng = StdRng::seed_from_u64(99);
        let keypair = Keypair::generate(KeyType::Ed25519, &mut rng).unwrap();
        let wall = node.runtime().wall();
        let certificate = Certificate::generate(&keypair, &mut rng, wall).unwrap();
        let now = UnixTime::since_unix_epoch(wall.duration_since(UNIX_EPOCH).unwrap());
        let options = Options::quic(sinew_tls::default_provider(), Arc::new(Stopped(now)));
        let template = ClientTemplate::new(&certificate, &options).unwrap();
        let (tls, _) = template.for_handshake(None);
        let crypto = Arc::new(QuicClientConfig::try_from(tls).unwrap());
        let keys = Slot::default();
        let leaky = LeakyClient::new(crypto, keys.clone()).with_parameters(more);
        let config = ClientConfig::new(Arc::new(leaky));
        let own = Arc::new(EndpointConfig::default());
        let mut endpoint = Endpoint::new(own, None, false, None);
        let to = SocketAddr::new(victim.ipv4(), 4001);
        let now = node.runtime().now();
        let (_, mut connection) = endpoint.connect(now, config, to, "x.example").unwrap();
        let mut insider = Self {
            spoof: Spoof::new(node),
            from: SocketAddr::new(node.ipv4(), 4001),
            to,
            keys,
            cid: Vec::new(),
            own_cid_len: 0,
            next: 1 << 20,
            largest: 0,
        };
        for _ in 0..5 {
            insider.talk(node, &mut endpoint, &mut connection);
            world.sleep(RTT).await;
        }
        assert!(!connection.is_handshaking());
        insider
    }

    fn talk(&mut self, node: &Node, endpoint: &mut Endpoint, connection: &mut Connection) {
        let now = node.runtime().now();
        for datagram in self.spoof.take() {
            if self.cid.is_empty() && datagram[0] & 0x80 != 0 {
                // [RFC 9000 §17.2] Both ids follow flags and version.
                self.own_cid_len = datagram[5].into();
                let at = 6 + self.own_cid_len;
                self.cid = datagram[at + 1..at + 1 + usize::from(datagram[at])].to_vec();
            }
            let datagram = BytesMut::from(&datagram[..]);
            let routed = endpoint.handle(now, self.to, None, None, datagram, &mut Vec::new());
            if let Some(DatagramEvent::ConnectionEvent(_, event)) = routed {
                connection.handle_event(event);
            }
        }
        let mut out = Vec::new();
        while let Some(transmit) = connection.poll_transmit(now, 1, &mut out) {
            let datagram = &out[..transmit.size];
            self.spoof.send(self.from.ip(), self.to, datagram);
            out.clear();
        }
    }

    fn send(&mut self, frames: &[u8]) {
        let number = self.next;
        self.next += 1;
        let packet = self
            .keys
            .last(|keys| keys.seal_short(&self.cid, number, frames));
        self.spoof.send(self.from.ip(), self.to, &packet);
    }

    /// Lets a few milliseconds pass, acknowledges what has come, and returns the frames in it.
    async fn pass(&mut self, world: &World) -> Vec<BytesMut> {
        world.sleep(Duration::from_millis(5)).await;
        let mut heard = Vec::new();
        for datagram in self.spoof.take() {
            let (own_cid_len, largest) = (self.own_cid_len, self.largest);
            let open = |keys: &Leaked| keys.open_short(own_cid_len, largest, &datagram);
            let Some((number, frames)) = self.keys.last(open) else {
                continue;
            };
            self.largest = number;
            // ACK of this one alone.
            let number = varint(number);
            self.send(&[&[0x02][..], &number, &[0, 0, 0]].concat());
            heard.push(frames);
        }
        heard
    }
}

/// [RFC 9000 §19.8] STREAM with offset and length.
fn stream(id: u64, offset: u64, data: &[u8]) -> Vec<u8> {
    let fields = [id, offset, data.len() as u64].map(varint);
    [&[0x0e][..], &fields.concat(), data].concat()
}

/// [RFC 9000 §16] In four bytes, whatever it is.
fn varint(value: u64) -> [u8; 4] {
    (u32::try_from(value).unwrap() | 0x8000_0000).to_be_bytes()
}

/// What is set aside for both connections, and as much on the way and at the honest end.
const BOUND: usize = 4 * 2 * BufferBudget::BASE as usize;
