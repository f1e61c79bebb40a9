//! Hosts, over QUIC and over TCP.

use std::time::Duration;

use sinew::{Address, Host};
use sinew_simnet::{Link, Node, World};
use sinew_tcp::SecurityProtocol;
use sinew_testkit::Seed;

use crate::assert_same;

#[test]
fn two_runs_of_one_seed_send_the_same_packets_at_the_same_times() {
    for way in [QUIC, TLS, NOISE] {
        assert_same(&run(1, way), &run(1, way));
    }
}

#[test]
fn another_seed_is_another_run() {
    for way in [QUIC, TLS, NOISE] {
        assert_ne!(run(1, way).digest(), run(2, way).digest());
    }
}

/// Hosts that dial each other, talk, transfer over a bad network, abandon and restart.
fn run(seed: u64, way: Way) -> World {
    let world = World::new(Seed::new(seed));
    world.keep_log();
    world.set_default_link(Link {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(3),
        bandwidth: Some(100_000_000),
        loss: 0.02,
        duplication: 0.01,
        reordering: 0.01,
        ..Link::default()
    });
    let nodes = ["alice", "bob", "carol"].map(|name| world.node(name));
    world.block_on(async {
        let mut hosts = Vec::new();
        for node in &nodes {
            hosts.push(start(node, way).await);
        }
        let [alice, bob, carol] = hosts.try_into().unwrap();
        for (from, to) in [(&alice, &bob), (&bob, &carol), (&carol, &alice)] {
            let peer = from.connect(to.listen_addresses().remove(0)).await.unwrap();
            let stream = from.open_stream(peer, "/echo/1").await.unwrap();
            let (mut reader, mut writer) = stream.split();
            let sending = async {
                writer.write_all(&[7; 300_000]).await.unwrap();
                writer.finish().unwrap();
            };
            let reading = async {
                let mut echoed = 0;
                while let Some(chunk) = reader.read_bytes().await.unwrap() {
                    echoed += chunk.len();
                }
                echoed
            };
            let (_, echoed) = futures_util::future::join(sending, reading).await;
            assert_eq!(echoed, 300_000);
        }
        let [_, node, _] = &nodes;
        node.crash();
        world.sleep(Duration::from_secs(40)).await;
        node.restart();
        let bob = start(node, way).await;
        let peer = alice.connect(bob.listen_addresses().remove(0)).await;
        assert_eq!(peer.unwrap(), bob.peer_id());
        for host in [alice, bob, carol] {
            host.shutdown().await;
        }
    });
    world
}

/// Where to listen, and what to offer over TCP.
type Way = (fn(&Node) -> Address, SecurityProtocol);

const QUIC: Way = (
    |node| Address::quic((node.ipv4(), 4001).into()),
    SecurityProtocol::Tls,
);
const TLS: Way = (
    |node| Address::tcp((node.ipv4(), 4001).into()),
    SecurityProtocol::Tls,
);
const NOISE: Way = (TLS.0, SecurityProtocol::Noise);

async fn start(node: &Node, (at, security): Way) -> Host {
    let mut config = sinew_tcp::Config::default();
    config.protocol.securities = vec![security];
    let builder = node.host_with(sinew_quic::Config::default(), config);
    let host = builder.listen(at(node)).start().await.unwrap();
    host.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    host
}
