//! Addresses that change and clocks that jump under a connection.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, UNIX_EPOCH},
};

use sinew::{Config, Event, Limit};
use sinew_simnet::Link;

use crate::fixture::{RTT, apart, echo, quic_at, start, start_with};

#[test]
fn a_transfer_survives_a_nat_that_forgets_and_the_peer_is_told_the_new_address() {
    let (world, alice, bob) = apart();
    world.set_default_link(Link {
        delay: RTT / 2,
        bandwidth: Some(100_000_000),
        ..Link::default()
    });

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let mut events = theirs.events();
        let peer = ours.connect(theirs.listen_addresses().remove(0)).await;
        let peer = peer.unwrap();
        let content: Vec<u8> = (0..3_000_000u32).map(|n| (n / 3) as u8).collect();
        let rebinding = async {
            world.sleep(Duration::from_millis(200)).await;
            alice.rebind_nat(4001)
        };

        let stream = ours.open_stream(peer, "/echo/1").await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let sending = async {
            writer.write_all(&content).await.unwrap();
            writer.finish().unwrap();
        };
        let receiving = async {
            let mut received = Vec::new();
            while let Some(chunk) = reader.read_bytes().await.unwrap() {
                received.extend_from_slice(&chunk);
            }
            received
        };
        let (port, (_, received)) =
            futures_util::future::join(rebinding, futures_util::future::join(sending, receiving))
                .await;

        assert!(received == content);
        let moved = loop {
            if let Some(Event::AddressChanged { new, .. }) = events.next().await {
                break new;
            }
        };
        assert_eq!(moved.port(), Some(port));
    });
}

#[test]
fn a_wall_clock_that_jumps_harms_no_connection_but_new_ones_while_it_is_wrong() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let address = theirs.listen_addresses().remove(0);
        let peer = ours.connect(address.clone()).await.unwrap();
        let right = alice.runtime().wall();

        // Long before any certificate was valid.
        alice.set_wall_clock(UNIX_EPOCH + Duration::from_secs(1_000_000));
        world.sleep(Duration::from_secs(60)).await;
        assert_eq!(echo(&ours, peer, b"still there?").await, b"still there?");

        ours.disconnect(peer);
        world.sleep(Duration::from_secs(1)).await;
        ours.connect(address.clone()).await.unwrap_err();

        alice.set_wall_clock(right);
        assert_eq!(ours.connect(address).await.unwrap(), peer);
    });
}

#[test]
fn one_who_moves_counts_where_it_is_and_is_closed_where_there_is_no_room() {
    let (world, alice, bob) = apart();
    let carol = world.node_at("carol", &[place([203, 0, 113, 1])]);
    let dave = world.node_at("dave", &[place([198, 51, 100, 2])]);
    alice.add_address(place([198, 51, 100, 1]));
    alice.remove_address(alice.ipv4());

    world.block_on(async {
        let mut config = Config::default();
        config.limits.max_inbound_per_prefix = 1;
        let theirs = start_with(bob.host().config(config), [quic_at(&bob)]).await;
        let address = theirs.listen_addresses().remove(0);
        let mut events = theirs.events();
        // One who listens stays where it listens.
        let ours = alice.host().start().await.unwrap();
        let peer = ours.connect(address.clone()).await.unwrap();
        let others = dave.host().start().await.unwrap();
        others.connect(address.clone()).await.unwrap_err();

        // It moves, and makes room.
        alice.add_address(place([192, 0, 2, 1]));
        alice.remove_address(place([198, 51, 100, 1]));
        assert_eq!(echo(&ours, peer, b"still there?").await, b"still there?");
        others.connect(address.clone()).await.unwrap();

        // It moves to where somebody is.
        let neighbor = carol.host().start().await.unwrap();
        neighbor.connect(address).await.unwrap();
        alice.add_address(place([203, 0, 113, 2]));
        alice.remove_address(place([192, 0, 2, 1]));
        ours.open_stream(peer, "/echo/1")
            .await
            .unwrap()
            .write_all(b"and now?")
            .await
            .unwrap();
        let told = loop {
            let event = events.next().await.unwrap();
            if let Event::LimitReached(exceeded) = event
                && exceeded.block.unwrap().to_string() == "203.0.113.0/24"
            {
                break exceeded;
            }
        };
        assert_eq!(told.limit, Limit::InboundPerPrefix);
        while theirs.connections().len() > 2 {
            world.sleep(RTT).await;
        }
        assert_eq!(theirs.swarm().usage().inbound_connections, 2);
        assert_eq!(theirs.swarm().usage().inbound_addresses, 2);
        for host in [others, neighbor] {
            assert_eq!(echo(&host, peer, b"and you?").await, b"and you?");
            host.disconnect(peer);
        }
        world.sleep(Duration::from_secs(1)).await;
        assert_eq!(theirs.swarm().usage().inbound_addresses, 0);
    });
}

fn place(octets: [u8; 4]) -> IpAddr {
    Ipv4Addr::from(octets).into()
}
