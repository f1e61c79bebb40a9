//! QUIC hosts.

use std::time::Duration;

use sinew::Host;
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use crate::assert_same;

#[test]
fn two_runs_of_one_seed_send_the_same_datagrams_at_the_same_times() {
    assert_same(&run(1), &run(1));
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(run(1).digest(), run(2).digest());
}

/// Hosts that dial each other, talk, transfer over a bad network, abandon and restart.
fn run(seed: u64) -> World {
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
            hosts.push(start(node).await);
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
        let bob = start(node).await;
        let peer = alice.connect(bob.listen_addresses().remove(0)).await;
        assert_eq!(peer.unwrap(), bob.peer_id());
        for host in [alice, bob, carol] {
            host.shutdown().await;
        }
    });
    world
}

async fn start(node: &Node) -> Host {
    let address = format!("/ip4/{}/udp/4001/quic-v1", node.ipv4());
    let host = node.host().listen(address.parse().unwrap()).start().await;
    let host = host.unwrap();
    host.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    host
}
