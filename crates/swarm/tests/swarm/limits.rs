//! Every limit is enforced, named, and given back on every path.

use sinew_multiaddr::Address;
use sinew_swarm::{ConnectError, Limit, LimitExceeded, OpenStreamError};
use sinew_transport::{ConnectionCode, ReadError, StreamCode, WriteError};

use crate::{
    fixture::{ECHO, OTHER, World, drain, peer, settle, until},
    lab::Way,
};

#[tokio::test]
async fn connections_beyond_the_inbound_limit_are_refused_until_one_ends() {
    let world = World::new();
    let (bob, address) = world
        .echoing_with(2, |config| config.limits.max_inbound_connections = 2)
        .await;
    let hosts = [1, 3, 4].map(|secret| world.host(secret));
    let mut events = bob.swarm.events();
    for host in &hosts[..2] {
        host.swarm.connect_address(address.clone()).await.unwrap();
        bob.until_connected(host).await;
    }

    for _ in 0..3 {
        hosts[2]
            .swarm
            .connect_address(address.clone())
            .await
            .unwrap_err();
    }
    assert_eq!(bob.swarm.usage().inbound_connections, 2);
    let told: Vec<_> = drain(&mut events)
        .into_iter()
        .filter(|it| it.starts_with("limit"))
        .collect();
    assert_eq!(told, ["limit max_inbound_connections"], "told once");

    hosts[0].swarm.disconnect(bob.peer);
    until(|| bob.swarm.usage().inbound_connections == 1).await;
    hosts[2]
        .swarm
        .connect_address(address.clone())
        .await
        .unwrap();
    hosts[0].swarm.connect_address(address).await.unwrap_err();
    let told: Vec<_> = drain(&mut events)
        .into_iter()
        .filter(|it| it.starts_with("limit"))
        .collect();
    assert_eq!(told, ["limit max_inbound_connections"], "told again");
}

#[tokio::test]
async fn inbound_and_outbound_connections_share_the_limit_of_all() {
    let world = World::new();
    let (bob, to_bob) = world
        .echoing_with(2, |config| config.limits.max_connections = 1)
        .await;
    let (alice, to_alice) = world.echoing(1).await;
    let carol = world.host(3);

    bob.swarm.connect_address(to_alice).await.unwrap();

    carol.swarm.connect_address(to_bob).await.unwrap_err();
    let error = bob
        .swarm
        .connect_peer(carol.peer, [Address::memory(9)])
        .await;
    assert!(matches!(
        error,
        Err(ConnectError::Limit(LimitExceeded {
            limit: Limit::Connections,
            current: 1,
            maximum: 1,
            ..
        }))
    ));
    drop(alice);
}

#[tokio::test]
async fn dials_beyond_the_limit_fail_and_say_which() {
    let world = World::new();
    let alice = world.host_with(1, |config| config.limits.max_pending_outbound = 1);
    let silent = Address::memory(900);
    alice.lab.set(&silent, Way::Silent);
    let (swarm, address) = (alice.swarm.clone(), silent.clone());
    let first = tokio::spawn(async move { swarm.connect_peer(peer(2), [address]).await });
    settle().await;

    let error = alice
        .swarm
        .connect_peer(peer(3), [silent.clone()])
        .await
        .unwrap_err();

    let ConnectError::Limit(exceeded) = error else {
        panic!("unexpected {error:?}")
    };
    assert_eq!(
        exceeded.to_string(),
        "limit max_pending_outbound of this host is reached: 1 of 1 in use; `Limits::max_pending_outbound` raises it"
    );
    first.abort();
    settle().await;
    let again = alice
        .swarm
        .connect_peer(peer(3), [Address::memory(901)])
        .await;
    assert!(matches!(again, Err(ConnectError::AllFailed(_))));
    alice.until_idle().await;
}

#[tokio::test]
async fn a_peer_that_comes_again_and_again_takes_the_place_of_its_oldest_connection() {
    let world = World::new();
    let (bob, address) = world
        .echoing_with(2, |config| config.limits.max_connections_per_peer = 2)
        .await;
    // One identity, restarted.
    let lives = [1, 1, 1].map(|secret| world.host(secret));
    for life in &lives {
        life.swarm.connect_address(address.clone()).await.unwrap();
        settle().await;
    }

    assert_eq!(bob.swarm.connections().len(), 2);
    assert!(
        lives[0].swarm.connections().is_empty(),
        "the oldest was closed"
    );
    assert_eq!(lives[2].echo(bob.peer, "newest").await, "newest");
    assert_eq!(lives[1].echo(bob.peer, "middle").await, "middle");
    assert_eq!(bob.swarm.usage().inbound_connections, 2);
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused_on_both_sides() {
    let world = World::new();
    let (bob, address) = world
        .echoing_with(2, |config| {
            config.limits.max_inbound_streams_per_connection = 2
        })
        .await;
    let alice = world.host_with(1, |config| {
        config.limits.max_outbound_streams_per_connection = 3
    });
    alice.swarm.connect_address(address).await.unwrap();

    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
        // The third is reset as soon as the peer hears of it.
        stream.write_all(b"x").await.ok();
        settle().await;
        streams.push(stream);
    }

    streams[1].read_exact(&mut [0]).await.unwrap();
    let error = streams[2].write_all(b"x").await.unwrap_err();
    assert!(matches!(
        error,
        WriteError::Stopped(StreamCode::RESOURCE_LIMIT_EXCEEDED)
    ));
    let error = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap_err();
    assert!(matches!(
        error,
        OpenStreamError::Limit(LimitExceeded {
            limit: Limit::OutboundStreamsPerConnection,
            current: 3,
            maximum: 3,
            ..
        })
    ));
    drop(streams);
    settle().await;
    assert_eq!(alice.echo(bob.peer, "again").await, "again");
}

#[tokio::test]
async fn everything_is_given_back_on_every_way_to_fail() {
    let world = World::new();
    let (bob, address) = world.echoing(2).await;
    let alice = world.host(1);
    let refused = Address::memory(900);
    alice.lab.set(&refused, Way::Refused);

    alice
        .swarm
        .connect_peer(peer(9), [refused])
        .await
        .unwrap_err();
    alice
        .swarm
        .connect_peer(peer(9), [address.clone().without_peer()])
        .await
        .unwrap_err();
    let connected = alice.swarm.connect_address(address.clone()).await.unwrap();
    let mut refused = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    refused.write_all(b"x").await.unwrap();
    assert!(matches!(
        refused.read_bytes().await,
        Err(ReadError::Negotiation(_))
    ));
    drop(refused);
    let mut half = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    half.write_all(b"half").await.unwrap();
    drop(half);
    alice
        .swarm
        .open_stream(bob.peer, ["/no/1", "/no/2"])
        .await
        .unwrap_err();
    let open = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    alice
        .swarm
        .close_connection(connected.connection, ConnectionCode::NO_ERROR);
    drop(open);

    alice.until_idle().await;
    bob.until_idle().await;
    alice.until_alone().await;
    bob.until_alone().await;
}
