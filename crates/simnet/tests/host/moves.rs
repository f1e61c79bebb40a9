//! Addresses that change and clocks that jump under a connection.

use std::time::{Duration, UNIX_EPOCH};

use sinew::Event;
use sinew_simnet::Link;

use crate::fixture::{RTT, apart, echo, start};

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
