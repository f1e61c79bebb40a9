//! First packets of QUIC that come in the name of others.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    io::IoSliceMut,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use sinew::{Address, Host};
use sinew_quic::Config;
use sinew_runtime::{ReceivedMeta, UdpOptions, UdpSocket, UdpTransmit};
use sinew_simnet::{Node, World};
use sinew_transport::{Dial, Transport};

use crate::{
    crowds::{place_in_the_prefix, prefix, prefixes},
    lines::{RTT, world},
};

#[test]
fn a_flood_in_the_name_of_neighbors_does_not_keep_an_honest_one_out() {
    let (world, printer, victim) = world();
    let honest = place_in_the_prefix(&world, "honest");

    flood(&world, &printer, &victim, &honest, &prefix());
}

#[test]
fn a_flood_in_the_name_of_half_the_world_does_not_keep_an_honest_one_out() {
    let (world, printer, victim) = world();
    let honest = world.node("honest");

    flood(&world, &printer, &victim, &honest, &prefixes());
}

/// Sends first packets that are perfectly good from `places`, where nobody answers. Meanwhile the honest one
/// dials.
fn flood(world: &World, printer: &Node, victim: &Node, honest: &Node, places: &[IpAddr]) {
    let liar = world.node_at("liar", places);
    world.block_on(async {
        let initials = print(world, printer, 1000).await;
        let (bob, address) = listen(victim).await;
        let limits = bob.config().limits;
        let alice = honest.host().start().await.unwrap();
        let mut spoof = Spoof::new(&liar);
        let to = SocketAddr::new(victim.ipv4(), 4001);

        for (number, initial) in initials.iter().enumerate() {
            spoof.send(places[number % places.len()], to, initial);
            if number % 10 == 9 {
                world.sleep(Duration::from_millis(1)).await;
                spoof.listen();
            }
            let usage = bob.swarm().usage();
            assert!(usage.pending_inbound <= limits.retry_from_pending_inbound);
        }
        let begun = world.elapsed();
        let peer = alice.connect(address).await.unwrap();
        assert!(
            world.elapsed() - begun <= 6 * RTT,
            "{:?}",
            world.elapsed() - begun
        );
        let mut stream = alice.open_stream(peer, "/echo/1").await.unwrap();
        stream.write_all(b"through").await.unwrap();
        stream.finish().unwrap();
        assert_eq!(stream.read_to_end(16).await.unwrap(), b"through");

        for _ in 0..30 {
            world.sleep(Duration::from_secs(1)).await;
            spoof.listen();
        }
        spoof.assert_no_amplification();
        assert_eq!(bob.swarm().usage().pending_inbound, 0);
        assert_eq!(bob.swarm().usage().inbound_connections, 1);
    });
}

/// Somebody who sends from addresses that are not his, and the bytes that their owners get for it.
struct Spoof {
    socket: Arc<dyn UdpSocket>,
    sent: BTreeMap<IpAddr, usize>,
    received: BTreeMap<IpAddr, usize>,
}

impl Spoof {
    fn new(node: &Node) -> Self {
        Self {
            socket: bind(node),
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
        }
    }

    fn send(&mut self, from: IpAddr, to: SocketAddr, datagram: &[u8]) {
        let transmit = UdpTransmit {
            remote: to,
            local_ip: Some(from),
            ecn: None,
            contents: datagram,
            segment_len: None,
        };
        self.socket.try_send(&transmit).unwrap();
        *self.sent.entry(from).or_default() += datagram.len();
    }

    fn listen(&mut self) {
        while let Some((meta, datagram)) = receive(&*self.socket) {
            *self.received.entry(meta.local_ip.unwrap()).or_default() += datagram.len();
        }
    }

    fn assert_no_amplification(&self) {
        assert!(!self.received.is_empty(), "some were answered");
        for (owner, received) in &self.received {
            let sent = self.sent[owner];
            assert!(
                *received <= 3 * sent,
                "{owner}: {received} bytes for {sent}"
            );
        }
    }
}

/// Makes first packets, each of a connection of its own.
async fn print(world: &World, node: &Node, count: usize) -> Vec<Vec<u8>> {
    let paper = world.node("paper");
    let socket = bind(&paper);
    let transport = node.quic(Config::default());
    let address = Address::quic((paper.ipv4(), 4001).into());
    let (mut initials, mut seen) = (Vec::new(), BTreeSet::new());
    while initials.len() < count {
        let mut dialing = pin!(transport.dial(Dial::new(address.clone())));
        let printed = poll_fn(|cx| {
            assert!(dialing.as_mut().poll(cx).is_pending(), "nobody answers");
            while let Some((_, datagram)) = receive(&*socket) {
                // The id that the dialer gave the listener follows its length, behind flags and version.
                let id = datagram[6..6 + usize::from(datagram[5])].to_vec();
                if seen.insert(id) {
                    return Poll::Ready(datagram);
                }
            }
            let _unready = socket.poll_readable(cx);
            Poll::Pending
        });
        initials.push(printed.await);
    }
    transport.shutdown().await;
    initials
}

fn bind(node: &Node) -> Arc<dyn UdpSocket> {
    let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 4001));
    node.udp().bind(anywhere, UdpOptions::default()).unwrap()
}

/// Takes one datagram, if there is one.
fn receive(socket: &dyn UdpSocket) -> Option<(ReceivedMeta, Vec<u8>)> {
    let mut buffer = vec![0; 2048];
    let mut metas = [ReceivedMeta {
        remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        local_ip: None,
        ecn: None,
        len: 0,
        stride: 1,
    }];
    let taken = socket.try_recv(&mut [IoSliceMut::new(&mut buffer)], &mut metas);
    if taken.ok()? == 0 {
        return None;
    }
    buffer.truncate(metas[0].len);
    Some((metas[0], buffer))
}

/// Starts a host that listens over QUIC and echoes.
async fn listen(node: &Node) -> (Host, Address) {
    let address = Address::quic((node.ipv4(), 4001).into());
    let host = node.host().listen(address).start().await.unwrap();
    host.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    let address = host.listen_addresses().remove(0);
    (host, address)
}
