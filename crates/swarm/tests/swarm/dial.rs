//! One attempt per peer: who waits, who joins, who gives up.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use sinew_multiaddr::Address;
use sinew_swarm::{ConnectError, Connected};
use sinew_transport::{ConnectionCode, Direction};
use tokio::sync::Semaphore;

use crate::{
    fixture::{Host, World, peer, settle, until},
    lab::Way,
};

/// Holds back dials of `address` until permits are added.
fn hold(host: &Host, address: &Address) -> Arc<Semaphore> {
    let gate = Arc::new(Semaphore::new(0));
    host.lab.set(address, Way::Held(gate.clone()));
    gate
}

fn silent(host: &Host, port: u64) -> Address {
    let address = Address::memory(port);
    host.lab.set(&address, Way::Silent);
    address
}

#[tokio::test]
async fn fifty_concurrent_connects_to_one_peer_make_one_dial() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);

    let connects = (0..50).map(|_| alice.swarm.connect_address(address.clone()));
    let connected: Vec<_> = join_all(connects).await;

    assert_eq!(alice.lab.dials(), 1);
    let first = connected[0].clone().unwrap();
    assert_eq!(first.peer, bob.peer);
    assert!(connected.into_iter().all(|it| it.unwrap() == first));
    assert_eq!(alice.swarm.connections().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_tasks_on_several_threads_make_one_dial_too() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let gate = hold(&alice, &address);

    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (swarm, address) = (alice.swarm.clone(), address.clone());
            tokio::spawn(async move { swarm.connect_address(address).await })
        })
        .collect();
    gate.add_permits(50);

    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().peer, bob.peer);
    }
    assert_eq!(alice.lab.dials(), 1);
}

#[tokio::test]
async fn concurrent_connects_to_an_address_of_somebody_make_one_dial() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let nameless = address.without_peer();

    let connects = (0..50).map(|_| alice.swarm.connect_address(nameless.clone()));
    let connected: Vec<_> = join_all(connects).await;

    assert_eq!(alice.lab.dials(), 1);
    assert!(
        connected
            .iter()
            .all(|it| it.as_ref().unwrap().peer == bob.peer)
    );
    let again = alice.swarm.connect_address(nameless).await.unwrap();
    assert_eq!(again, *connected[0].as_ref().unwrap());
    assert_eq!(alice.lab.dials(), 1, "the connection is used again");
}

#[tokio::test]
async fn a_caller_who_knows_a_better_address_helps_those_who_wait() {
    let world = World::new();
    let (bob, good) = world.echoing(2).await;
    let alice = world.host(1);
    let bad = silent(&alice, 900);

    let stuck = alice.swarm.connect_peer(bob.peer, [bad]);
    let mut stuck = std::pin::pin!(stuck);
    assert!(stuck.as_mut().now_or_never().is_none());
    let helped = alice.swarm.connect_peer(bob.peer, [good]);
    let (first, second) = tokio::join!(stuck, helped);

    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(alice.lab.alive(), 0, "the silent dial is given up");
}

#[tokio::test]
async fn an_attempt_ends_with_its_last_caller_and_leaves_nothing() {
    let world = World::new();
    let alice = world.host(1);
    let address = silent(&alice, 900).with_peer(peer(2));
    let mut callers: Vec<_> = (0..5)
        .map(|_| Box::pin(alice.swarm.connect_address(address.clone())))
        .collect();
    for caller in &mut callers {
        assert!(caller.as_mut().now_or_never().is_none());
    }
    assert_eq!(alice.lab.alive(), 1);

    while callers.len() > 1 {
        drop(callers.pop());
        assert_eq!(alice.lab.alive(), 1, "somebody still waits");
    }
    drop(callers);

    assert_eq!(alice.lab.alive(), 0);
    assert_eq!(alice.lab.dials(), 1);
    alice.until_idle().await;
}

#[tokio::test]
async fn an_attempt_goes_on_when_the_caller_who_began_it_leaves() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let gate = hold(&alice, &address);
    let mut first = Box::pin(alice.swarm.connect_address(address.clone()));
    let mut second = Box::pin(alice.swarm.connect_address(address));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());

    drop(first);
    gate.add_permits(1);

    assert_eq!(second.await.unwrap().peer, bob.peer);
    assert_eq!(alice.lab.dials(), 1);
}

#[tokio::test]
async fn a_new_attempt_begins_afresh_after_one_was_given_up() {
    let world = World::new();
    let (bob, good) = world.echoing(2).await;
    let alice = world.host(1);
    let bad = silent(&alice, 900);
    let given_up = alice.swarm.connect_peer(bob.peer, [bad]).now_or_never();
    assert!(given_up.is_none());

    let connected = alice.swarm.connect_address(good).await.unwrap();

    assert_eq!(connected.peer, bob.peer);
    assert_eq!(alice.lab.dials(), 2);
}

#[tokio::test]
async fn a_connection_that_exists_is_used_again() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = alice.swarm.connect_address(address.clone()).await.unwrap();

    let by_address = alice.swarm.connect_address(address).await.unwrap();
    let by_peer = alice.swarm.connect_peer(bob.peer, []).await.unwrap();

    assert_eq!((&by_address, &by_peer), (&first, &first));
    assert_eq!(alice.lab.dials(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_is_not_used_again() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let first = alice.swarm.connect_address(address.clone()).await.unwrap();
    bob.until_connected(&alice).await;

    // The other side closes: nobody has told this side's table yet.
    let theirs = bob.swarm.connections()[0].id;
    bob.swarm.close_connection(theirs, ConnectionCode::NO_ERROR);
    let second = alice.swarm.connect_address(address).await.unwrap();

    assert_ne!(second.connection, first.connection);
    assert_eq!(alice.lab.dials(), 2);
    assert_eq!(alice.echo(bob.peer, "still here").await, "still here");
}

#[tokio::test]
async fn connections_that_both_sides_made_are_both_kept() {
    let world = World::new();
    let (alice, to_alice) = world.echoing(1).await;
    let (bob, to_bob) = world.echoing(2).await;
    let held = (hold(&alice, &to_bob), hold(&bob, &to_alice));

    let release = async {
        settle().await;
        held.0.add_permits(1);
        held.1.add_permits(1);
    };
    let (ours, theirs, ()) = tokio::join!(
        alice.swarm.connect_address(to_bob),
        bob.swarm.connect_address(to_alice),
        release,
    );

    ours.unwrap();
    theirs.unwrap();
    until(|| alice.swarm.connections().len() == 2 && bob.swarm.connections().len() == 2).await;
    assert_eq!(alice.echo(bob.peer, "a").await, "a");
    assert_eq!(bob.echo(alice.peer, "b").await, "b");
}

#[tokio::test]
async fn a_connection_knows_who_made_it() {
    let (alice, bob) = World::new().connected().await;

    let (ours, theirs) = (alice.swarm.connections(), bob.swarm.connections());

    assert_eq!(ours[0].direction, Direction::Outbound);
    assert_eq!(theirs[0].direction, Direction::Inbound);
    assert_eq!((ours[0].peer, theirs[0].peer), (bob.peer, alice.peer));
    assert_eq!(alice.swarm.peers(), [bob.peer]);
    assert!(alice.swarm.stats(ours[0].id).is_some());
}

#[tokio::test]
async fn confirmation_can_be_waited_for() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);

    let Connected { connection, .. } = alice.swarm.connect_address(address).await.unwrap();
    alice.swarm.confirmed(connection).await.unwrap();

    assert!(alice.swarm.connection(connection).unwrap().is_confirmed);
    alice.swarm.disconnect(bob.peer);
    alice.until_alone().await;
    alice.swarm.confirmed(connection).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_dialed_when_its_time_comes() {
    let world = World::new();
    let (bob, good) = world.echoing(2).await;
    let alice = world.host(1);
    let began = tokio::time::Instant::now();

    let addresses = [silent(&alice, 900), silent(&alice, 901), good];
    let connected = alice.swarm.connect_peer(bob.peer, addresses).await;

    connected.unwrap();
    let stagger = alice.swarm.config().dial_delays.private.other;
    assert!(began.elapsed() >= 2 * stagger);
    assert!(began.elapsed() < 3 * stagger);
    assert_eq!(alice.lab.dials(), 3);
    assert_eq!(alice.lab.alive(), 0, "the losers are given up");
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_dialed_at_once_when_the_one_before_fails() {
    let world = World::new();
    let (bob, good) = world.echoing(2).await;
    let alice = world.host(1);
    let bad = Address::memory(900);
    alice.lab.set(&bad, Way::Refused);
    let began = tokio::time::Instant::now();

    let connected = alice.swarm.connect_peer(bob.peer, [bad, good]).await;

    connected.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn no_more_addresses_are_dialed_at_once_than_may_be() {
    let world = World::new();
    let alice = world.host_with(1, |config| config.dial_concurrency = 3);
    let address = silent(&alice, 900);

    let connects = (10..30).map(|secret| alice.swarm.connect_peer(peer(secret), [address.clone()]));
    let outcomes = join_all(connects).await;

    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(alice.lab.dials(), 20);
    assert_eq!(alice.lab.counts.most_alive.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_dials_to_a_silent_address_leave_nothing_behind() {
    let world = World::new();
    let alice = world.host(1);
    let address = silent(&alice, 900);

    let connects = (0..1000_u64).map(|number| {
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&number.to_le_bytes());
        let peer = sinew_identity::Keypair::ed25519_from_secret(secret).peer_id();
        alice.swarm.connect_peer(peer, [address.clone()])
    });
    let outcomes = join_all(connects).await;

    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, Err(ConnectError::AllFailed(_))))
    );
    assert_eq!(alice.lab.alive(), 0);
    alice.until_idle().await;
}
