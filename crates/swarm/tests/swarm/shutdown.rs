//! How a host ends: gracefully, hurried, or by being dropped.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use sinew_multiaddr::Address;
use sinew_runtime::Runtime;
use sinew_swarm::{
    Config, ConnectError, Event, ListenError, OpenStreamError, Swarm, SwarmParameters,
};
use sinew_transport::{CloseReason, ConnectionCode, ReadError, memory::MemoryNetwork};

use crate::{
    fixture::{ECHO, Host, OTHER, World, drain, peer, settle, until},
    lab::Way,
};

/// Returns why the only connection of `host` ended.
async fn end_of(host: &Host, mut events: sinew_swarm::Events) -> CloseReason {
    loop {
        if let Event::ConnectionClosed { reason, .. } = events.next().await.unwrap() {
            assert!(host.swarm.connections().is_empty());
            return reason;
        }
    }
}

#[tokio::test]
async fn peers_are_told_that_the_host_goes_down() {
    let (alice, bob) = World::new().connected().await;
    let events = bob.swarm.events();
    let mut ours = alice.swarm.events();

    alice.swarm.shutdown().await;

    let reason = end_of(&bob, events).await;
    assert!(matches!(reason, CloseReason::Remote { code, .. } if code == ConnectionCode::SHUTDOWN));
    assert_eq!(drain(&mut ours), ["closed, 0 remain"]);
    alice.until_idle().await;
    bob.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_may_finish_first() {
    let (alice, bob) = World::new().connected().await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    stream.write_all(b"before").await.unwrap();
    stream.read_exact(&mut [0; 6]).await.unwrap();

    let swarm = bob.swarm.clone();
    let shutdown = tokio::spawn(async move { swarm.shutdown().await });
    settle().await;
    assert!(!shutdown.is_finished());
    stream.write_all(b" and after").await.unwrap();
    stream.finish().unwrap();

    assert_eq!(stream.read_to_end(64).await.unwrap(), b" and after");
    drop(stream);
    let began = tokio::time::Instant::now();
    shutdown.await.unwrap();
    assert!(began.elapsed() < bob.swarm.config().shutdown_grace);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_finish_is_waited_for_as_long_as_configured() {
    let (alice, bob) = World::new().connected().await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    stream.read_exact(&mut [0]).await.unwrap();
    let began = tokio::time::Instant::now();

    bob.swarm.shutdown().await;

    let grace = bob.swarm.config().shutdown_grace;
    assert!(began.elapsed() >= grace);
    assert!(began.elapsed() < grace + Duration::from_secs(1));
    let error = stream.read_bytes().await.unwrap_err();
    assert!(matches!(
        error,
        ReadError::Closed(CloseReason::Remote { code, .. }) if code == ConnectionCode::SHUTDOWN
    ));
}

#[tokio::test(start_paused = true)]
async fn a_second_call_hurries_the_first() {
    let (alice, bob) = World::new().connected().await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    stream.read_exact(&mut [0]).await.unwrap();
    let began = tokio::time::Instant::now();

    let swarm = bob.swarm.clone();
    let first = tokio::spawn(async move { swarm.shutdown().await });
    settle().await;
    assert!(!first.is_finished());
    bob.swarm.shutdown().await;

    first.await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    bob.swarm
        .shutdown()
        .now_or_never()
        .expect("a third call has nothing to wait for");
}

#[tokio::test]
async fn a_shutdown_goes_on_when_nobody_waits_for_it() {
    let (alice, bob) = World::new().connected().await;

    assert!(alice.swarm.shutdown().now_or_never().is_none());

    bob.until_alone().await;
}

#[tokio::test]
async fn nothing_new_is_begun() {
    let world = World::new();
    let (alice, bob) = world.connected().await;
    let mut busy = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    busy.write_all(b"x").await.unwrap();
    busy.read_exact(&mut [0]).await.unwrap();
    let to_bob = bob.swarm.listen_addresses()[0].clone();
    let carol = world.host(3);

    assert!(bob.swarm.shutdown().now_or_never().is_none());
    settle().await;

    let listening = bob.swarm.listen(Address::memory(0)).await;
    assert!(matches!(listening, Err(ListenError::ShuttingDown)));
    let connecting = bob.swarm.connect_peer(peer(9), [Address::memory(9)]).await;
    assert!(matches!(connecting, Err(ConnectError::ShuttingDown)));
    let opening = bob.swarm.open_stream(alice.peer, ECHO).await;
    assert!(matches!(opening, Err(OpenStreamError::ShuttingDown)));
    assert_eq!(bob.swarm.listen_addresses(), []);
    carol.swarm.connect_address(to_bob).await.unwrap_err();
    let mut late = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    late.write_all(b"x").await.ok();
    late.read_bytes().await.unwrap_err();
    busy.write_all(b"y").await.unwrap();
    busy.read_exact(&mut [0]).await.unwrap();
}

#[tokio::test]
async fn those_who_wait_for_a_connection_learn_of_it() {
    let world = World::new();
    let alice = world.host(1);
    let silent = Address::memory(900);
    alice.lab.set(&silent, Way::Silent);
    let swarm = alice.swarm.clone();
    let dialing = tokio::spawn(async move { swarm.connect_peer(peer(2), [silent]).await });
    settle().await;

    alice.swarm.shutdown().await;

    assert!(matches!(
        dialing.await.unwrap(),
        Err(ConnectError::ShuttingDown)
    ));
    assert_eq!(alice.lab.alive(), 0);
    alice.until_idle().await;
}

#[tokio::test]
async fn streams_that_wait_in_a_queue_do_not_keep_a_hurried_host() {
    let (alice, bob) = World::new().connected().await;
    let mut incoming = bob.swarm.accept_queue(OTHER, 4);
    let mut stream = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    until(|| bob.swarm.usage().streams == 1).await;

    assert!(bob.swarm.shutdown().now_or_never().is_none());
    bob.swarm.shutdown().await;

    assert!(incoming.next().await.is_some(), "it can still be looked at");
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_host() {
    let (alice, bob) = World::new().connected().await;
    let clone = alice.swarm.clone();

    drop(alice);
    settle().await;
    assert_eq!(bob.swarm.connections().len(), 1, "a handle is left");
    drop(clone);

    bob.until_alone().await;
}

#[tokio::test]
async fn nothing_of_a_host_is_left_after_it() {
    let network = MemoryNetwork::new(Runtime::tokio());
    let world = World::of(network.clone());
    let (bob, to_bob) = world.echoing(2).await;
    let transport = Arc::new(network.transport(peer(1)));
    let witness = Arc::downgrade(&transport);
    let alice = Swarm::start(SwarmParameters {
        local_peer: peer(1),
        transports: vec![transport],
        resolver: None,
        runtime: Runtime::tokio(),
        config: Config::default(),
    });
    let _listener = alice.listen(Address::memory(0)).await.unwrap();
    let _incoming = alice.accept_queue(OTHER, 4);
    let _events = alice.events();
    alice.connect_address(to_bob).await.unwrap();
    let stream = alice.open_stream(bob.peer, ECHO).await.unwrap();

    drop(stream);
    alice.shutdown().await;
    drop(alice);

    until(|| witness.upgrade().is_none()).await;
}
