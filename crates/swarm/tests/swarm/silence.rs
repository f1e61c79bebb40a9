//! Peers that owe an answer: they may have restarted without our knowing.

use std::time::Duration;

use crate::{
    fixture::{ECHO, Host, World},
    lab::Way,
};
use sinew_multiaddr::Address;
use sinew_swarm::Connected;

const LONG: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(500);

async fn connect(alice: &Host, bob: &Host, address: &Address) -> Connected {
    let addresses = [address.clone()];
    let connected = alice.swarm.connect_peer(bob.peer, addresses).await;
    connected.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_owes_an_answer_for_long_is_dialed_again() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = connect(&alice, &bob, &address).await;

    alice.lab.silence(0, SHORT);
    assert_eq!(connect(&alice, &bob, &address).await, first);
    alice.lab.silence(0, LONG);
    let second = connect(&alice, &bob, &address).await;

    assert_ne!(second.connection, first.connection);
    assert_eq!(connect(&alice, &bob, &address).await, second);
    assert_eq!(alice.lab.dials(), 2);
    assert_eq!(alice.echo(bob.peer, "hello").await, "hello");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_at_an_address_and_owes_an_answer_is_dialed_again() {
    let world = World::new();
    let (_bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let nameless = address.without_peer();
    let first = alice.swarm.connect_address(nameless.clone()).await.unwrap();

    alice.lab.silence(0, LONG);
    let second = alice.swarm.connect_address(nameless).await.unwrap();

    assert_ne!(second.connection, first.connection);
    assert_eq!(second.peer, first.peer);
}

#[tokio::test(start_paused = true)]
async fn who_gives_no_address_is_connected_where_the_silent_peer_was_dialed() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = connect(&alice, &bob, &address).await;

    alice.lab.silence(0, LONG);
    let second = alice.swarm.connect_peer(bob.peer, []).await.unwrap();
    assert_ne!(second.connection, first.connection);
}

#[tokio::test(start_paused = true)]
async fn streams_go_where_the_peer_answers() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = connect(&alice, &bob, &address).await;
    alice.lab.silence(0, LONG);
    connect(&alice, &bob, &address).await;

    alice.lab.silence(0, Duration::ZERO);
    alice.lab.silence(1, LONG);

    let stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    assert_eq!(stream.connection(), first.connection);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_after_all_is_connected_although_dialing_it_failed() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = connect(&alice, &bob, &address).await;
    let nowhere = Way::Leads(Address::memory(900), LONG);
    alice.lab.set(&address, nowhere);

    alice.lab.silence(0, LONG);
    let again = alice.swarm.connect_peer(bob.peer, [address.clone()]);
    let comes_to_life = async {
        tokio::time::sleep(SHORT).await;
        alice.lab.silence(0, Duration::ZERO);
    };
    let (again, ()) = tokio::join!(again, comes_to_life);
    assert_eq!(again.unwrap(), first);

    alice.lab.silence(0, LONG);
    let again = alice.swarm.connect_peer(bob.peer, [address]).await;
    assert!(again.is_err(), "{again:?}");
}
