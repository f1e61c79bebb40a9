//! Peers that send what nobody reads.

use std::{sync::Arc, time::Duration};

use sinew::{Address, Config, ConnectError, Event, Events, Host, Limit, PeerId};
use sinew_runtime::Watched;
use sinew_simnet::{Link, Node, World};
use sinew_testkit::Seed;

use crate::fixture::{RTT, quic_at, start_with, tcp_at};

#[test]
fn a_crowd_that_sends_what_nobody_reads_over_quic_stays_within_the_limit() {
    // Nobody reads, so that whatever arrived is held.
    let received = hoard(quic_at);
    assert!(received <= MAX_BYTES + MAX_BYTES / 8, "{received} arrived");
}

#[test]
fn a_crowd_that_sends_what_nobody_reads_over_tcp_stays_within_the_limit() {
    // What there is no room for is dropped.
    hoard(tcp_at);
}

#[test]
fn a_connection_for_which_nothing_can_be_set_aside_is_not_made() {
    let world = world();
    let nodes = ["alice", "bob", "carol"].map(|name| world.node(name));
    world.block_on(async {
        let mut config = Config::default();
        config.limits.max_buffered_bytes = 1 << 20;
        let [one, other, third] = &nodes;
        let host = start_with(one.host().config(config), [quic_at(one)]).await;
        let bob = start_with(other.host(), [quic_at(other)]).await;
        let carol = start_with(third.host(), [quic_at(third)]).await;
        let peer = bob
            .connect(host.listen_addresses().remove(0))
            .await
            .unwrap();

        let refused = host.connect(carol.listen_addresses().remove(0)).await;
        carol
            .connect(host.listen_addresses().remove(0))
            .await
            .unwrap_err();

        let Err(ConnectError::Limit(exceeded)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            exceeded.to_string(),
            "limit max_buffered_bytes of this host is reached: 524288 of 1048576 in use; \
             `Limits::max_buffered_bytes` raises it"
        );
        bob.disconnect(peer);
        world.sleep(Duration::from_secs(1)).await;
        assert_eq!(host.swarm().usage().buffered_bytes, 0);
        host.connect(carol.listen_addresses().remove(0))
            .await
            .unwrap();
    });
}

/// Lets a crowd send what nobody reads while an honest peer comes, and returns how much arrived from the crowd.
fn hoard(at: fn(&Node) -> Address) -> u64 {
    let world = world();
    let victim = world.node("victim");
    let honest = world.node("honest");
    let crowd: Vec<_> = (0..12)
        .map(|number| world.node(&format!("greedy-{number}")))
        .collect();
    world.block_on(async {
        let mut config = Config::default();
        config.limits.max_buffered_bytes = MAX_BYTES;
        let host = start_with(victim.host().config(config), [at(&victim)]).await;
        let is_over = Arc::new(Watched::new(false));
        let over = is_over.clone();
        host.serve("/hoard/1", move |stream| {
            let over = over.clone();
            async move {
                over.wait_for(|it| it.then_some(())).await;
                drop(stream);
            }
        });
        let mut events = host.events();
        let address = host.listen_addresses().remove(0);
        let peer = host.peer_id();
        let mut greedy = Vec::new();
        for node in &crowd {
            greedy.push(hurl(node, &address, peer).await);
        }
        for _ in 0..50 {
            world.sleep(RTT).await;
            assert!(host.swarm().usage().buffered_bytes <= MAX_BYTES);
        }
        until_limit(&mut events, Limit::BufferedBytes).await;
        let connections = host.connections();
        assert_eq!(connections.len(), crowd.len());
        let received = connections
            .iter()
            .filter_map(|it| host.swarm().stats(it.id))
            .map(|stats| stats.received_bytes)
            .sum();

        // An honest one comes in, and its letters through.
        let alice = honest.host().start().await.unwrap();
        alice.connect(address).await.unwrap();
        let letter = vec![7; 1_000_000];
        assert!(talk(&alice, peer, &letter).await == letter);
        assert!(host.swarm().usage().buffered_bytes <= MAX_BYTES);

        // The crowd goes, and nothing of it is left once nobody holds what it said.
        drop(greedy);
        is_over.set(true);
        world.sleep(Duration::from_secs(1)).await;
        assert_eq!(host.connections().len(), 1);
        assert!(host.swarm().usage().buffered_bytes < MAX_BYTES / 2);
        assert!(talk(&alice, peer, &letter).await == letter);
        alice.disconnect(peer);
        world.sleep(Duration::from_secs(1)).await;
        assert_eq!(host.swarm().usage().buffered_bytes, 0);
        received
    })
}

/// Writes as much as goes on four streams.
async fn hurl(node: &Node, address: &Address, peer: PeerId) -> Host {
    let host = node.host().start().await.unwrap();
    host.connect(address.clone()).await.unwrap();
    for _ in 0..4 {
        let mut stream = host.open_stream(peer, "/hoard/1").await.unwrap();
        node.spawn("hurl", async move {
            let piece = vec![0; 100_000];
            while stream.write_all(&piece).await.is_ok() {}
        });
    }
    host
}

/// Sends and reads what comes back at the same time.
async fn talk(host: &Host, peer: PeerId, letter: &[u8]) -> Vec<u8> {
    let stream = host.open_stream(peer, "/echo/1").await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        writer.write_all(letter).await.unwrap();
        writer.finish().unwrap();
    };
    let receiving = async {
        let mut received = Vec::new();
        while let Some(chunk) = reader.read_bytes().await.unwrap() {
            received.extend_from_slice(&chunk);
        }
        received
    };
    futures_util::future::join(sending, receiving).await.1
}

async fn until_limit(events: &mut Events, limit: Limit) {
    loop {
        if let Some(Event::LimitReached(exceeded)) = events.next().await
            && exceeded.limit == limit
        {
            return;
        }
    }
}

fn world() -> World {
    let world = World::new(Seed::new(1));
    world.set_default_link(Link::with_delay(RTT / 2));
    world
}

const MAX_BYTES: u64 = 16 << 20;
