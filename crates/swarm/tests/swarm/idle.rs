//! What a connection costs while nothing happens on it.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use sinew_transport::ConnectionCode;

use crate::fixture::{World, settle, until};

#[tokio::test]
async fn two_thousand_idle_connections_are_not_polled_because_of_one_that_is_busy() {
    let world = World::new();
    let raise = |config: &mut sinew_swarm::Config| {
        config.limits.max_connections = 4096;
        config.limits.max_inbound_connections = 4096;
        config.limits.max_outbound_connections = 4096;
        config.limits.max_connections_per_peer = 4096;
    };
    let (bob, _) = world.echoing_with(2, raise).await;
    let alice = world.host_with(1, raise);
    // By names that differ, so that each is a connection of its own.
    let mut ports = Vec::new();
    for _ in 0..2000 {
        let listener = bob
            .swarm
            .listen("/memory/0".parse().unwrap())
            .await
            .unwrap();
        ports.push(listener.address().clone());
    }
    let connects = ports
        .into_iter()
        .map(|port| alice.swarm.connect_address(port));
    for connected in join_all(connects).await {
        connected.unwrap();
    }
    until(|| bob.swarm.connections().len() == 2000).await;
    settle().await;
    let polls = || alice.lab.counts.event_polls.load(Ordering::SeqCst);
    let before = polls();

    for number in 0..100 {
        assert_eq!(
            alice.echo(bob.peer, &number.to_string()).await,
            number.to_string()
        );
    }
    let quiet = polls() - before;
    alice
        .swarm
        .close_connection(alice.swarm.connections()[0].id, ConnectionCode::NO_ERROR);
    settle().await;

    assert_eq!(
        quiet, 0,
        "streams are no business of those who watch connections"
    );
    assert!(
        polls() - before <= 2,
        "the end of one connection wakes one watch"
    );
}
