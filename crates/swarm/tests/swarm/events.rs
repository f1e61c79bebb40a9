//! What happened is told, in order, to all who listen.

use sinew_multiaddr::Address;
use sinew_swarm::Event;
use sinew_transport::{CloseReason, ConnectionCode};

use crate::fixture::{World, drain, peer, settle};

#[tokio::test]
async fn the_life_of_a_connection_is_told_in_order_to_every_reader() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let mut readers = [alice.swarm.events(), alice.swarm.events()];
    let mut bobs = bob.swarm.events();

    alice.swarm.connect_address(address).await.unwrap();
    settle().await;
    alice.swarm.disconnect(bob.peer);
    settle().await;

    let told = ["opened Outbound", "confirmed", "closed, 0 remain"];
    for reader in &mut readers {
        assert_eq!(drain(reader), told);
    }
    assert_eq!(
        drain(&mut bobs),
        ["opened Inbound", "confirmed", "closed, 0 remain"]
    );
}

#[tokio::test]
async fn the_end_of_a_connection_is_told_with_its_reason_and_with_what_remains() {
    let world = World::new();
    let (alice, bob) = world.connected().await;
    let to_alice = alice.listen().await;
    bob.swarm
        .connect_address(to_alice.without_peer())
        .await
        .unwrap();
    settle().await;
    let mut events = alice.swarm.events();
    let first = bob.swarm.connections()[0].id;

    bob.swarm
        .close_connection(first, ConnectionCode::new(0x2001));

    let event = events.next().await.unwrap();
    let Event::ConnectionClosed {
        peer,
        reason: CloseReason::Remote { code, .. },
        remaining,
        ..
    } = event
    else {
        panic!("unexpected {event:?}")
    };
    assert_eq!((peer, code.get(), remaining), (bob.peer, 0x2001, 1));
}

#[tokio::test]
async fn a_dial_that_failed_is_told_and_one_that_was_given_up_is_not() {
    let world = World::new();
    let alice = world.host(1);
    let silent = Address::memory(900);
    alice.lab.set(&silent, crate::lab::Way::Silent);
    let mut events = alice.swarm.events();

    let given_up = alice.swarm.connect_peer(peer(2), [silent]);
    assert!(futures_util::FutureExt::now_or_never(given_up).is_none());
    alice
        .swarm
        .connect_peer(peer(3), [Address::memory(901)])
        .await
        .unwrap_err();

    let event = events.next().await.unwrap();
    assert!(matches!(event, Event::DialFailed { peer: Some(it), .. } if it == peer(3)));
    assert!(events.try_next().is_none());
}

#[tokio::test]
async fn a_slow_reader_is_told_how_much_it_missed() {
    let world = World::new();
    let alice = world.host_with(1, |config| config.event_buffer = 2);
    let mut events = alice.swarm.events();

    for number in 900..905 {
        alice
            .swarm
            .connect_peer(peer(2), [Address::memory(number)])
            .await
            .unwrap_err();
    }

    assert_eq!(
        drain(&mut events),
        ["dial failed", "dial failed", "missed 3"]
    );
}

#[tokio::test]
async fn events_end_with_the_host() {
    let alice = World::new().host(1);
    let mut events = alice.swarm.events();

    alice.swarm.shutdown().await;

    assert!(events.next().await.is_none());
    assert!(alice.swarm.events().next().await.is_none());
}
