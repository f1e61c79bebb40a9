//! Streams know what they are, and are opened where they can live.

use std::time::Duration;

use sinew_swarm::OpenStreamError;
use sinew_transport::{
    ConnectionCode, ConnectionId, Direction, Protocol, ReadError, StreamInfo, memory::MAX_STREAMS,
    negotiate::NegotiationError,
};

use crate::fixture::{ECHO, OTHER, World, peer, settle, until};

#[tokio::test]
async fn a_stream_knows_peer_protocol_connection_and_direction() {
    let (alice, bob) = World::new().connected().await;
    let mut incoming = bob.swarm.accept_queue(OTHER, 1);

    let mut ours = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    ours.write_all(b"hello").await.unwrap();
    let theirs = incoming.next().await.unwrap();

    assert_eq!(
        *ours.info(),
        StreamInfo {
            peer: bob.peer,
            connection: alice.swarm.connections()[0].id,
            direction: Direction::Outbound,
            protocol: Some(OTHER),
        }
    );
    assert_eq!(
        *theirs.info(),
        StreamInfo {
            peer: alice.peer,
            connection: bob.swarm.connections()[0].id,
            direction: Direction::Inbound,
            protocol: Some(OTHER),
        }
    );
}

#[tokio::test]
async fn of_several_protocols_the_first_that_the_peer_speaks_is_chosen() {
    let (alice, bob) = World::new().connected().await;

    let stream = alice.swarm.open_stream(bob.peer, [OTHER, ECHO]).await;

    assert_eq!(stream.unwrap().protocol(), Some(&ECHO));
}

#[tokio::test]
async fn protocols_can_be_given_in_many_forms() {
    let (alice, bob) = World::new().connected().await;
    let name = || ECHO.as_str().to_owned();

    for stream in [
        alice.swarm.open_stream(bob.peer, &ECHO).await,
        alice.swarm.open_stream(bob.peer, "/echo/1.0.0").await,
        alice.swarm.open_stream(bob.peer, name()).await,
        alice.swarm.open_stream(bob.peer, vec![ECHO]).await,
        alice.swarm.open_stream(bob.peer, &[OTHER, ECHO][..]).await,
        alice
            .swarm
            .open_stream(bob.peer, ["/other/1.0.0", "/echo/1.0.0"])
            .await,
    ] {
        assert_eq!(stream.unwrap().protocol(), Some(&ECHO));
    }
    let error = alice.swarm.open_stream(bob.peer, "echo").await.unwrap_err();
    assert!(matches!(error, OpenStreamError::InvalidProtocol(_)));
}

#[tokio::test]
async fn a_protocol_that_the_peer_does_not_speak_is_told() {
    let (alice, bob) = World::new().connected().await;

    let mut one = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    one.write_all(b"hello").await.unwrap();
    let at_first_read = one.read_bytes().await.unwrap_err();
    let several = alice.swarm.open_stream(bob.peer, ["/a/1", "/b/1"]).await;

    let refusal =
        |error: &NegotiationError| matches!(error, NegotiationError::NoCommonProtocol { .. });
    assert!(matches!(&at_first_read, ReadError::Negotiation(error) if refusal(error)));
    assert!(matches!(&several, Err(OpenStreamError::Negotiation(error)) if refusal(error)));
}

#[tokio::test]
async fn a_stream_needs_a_connection() {
    let (alice, bob) = World::new().connected().await;

    let to_stranger = alice.swarm.open_stream(peer(9), ECHO).await;
    let nowhere = alice.swarm.open_stream_on(ConnectionId(99), ECHO).await;
    alice.swarm.disconnect(bob.peer);
    let too_late = alice.swarm.open_stream(bob.peer, ECHO).await;

    assert!(
        matches!(to_stranger, Err(OpenStreamError::NotConnected { peer: it }) if it == peer(9))
    );
    assert!(matches!(nowhere, Err(OpenStreamError::NoConnection { .. })));
    assert!(matches!(
        too_late,
        Err(OpenStreamError::NotConnected { .. })
    ));
}

#[tokio::test]
async fn new_streams_go_to_the_newest_connection_and_to_the_other_when_it_dies() {
    let world = World::new();
    let (alice, bob) = world.connected().await;
    alice.serve_echo();
    let to_alice = alice.listen().await;
    let old = alice.swarm.connections()[0].id;
    // As a peer does that was restarted and does not know of the old connection.
    let listener = bob.swarm.local_peer();
    bob.lab.set(&to_alice, crate::lab::Way::Unpinned);
    bob.swarm
        .connect_address(to_alice.without_peer())
        .await
        .unwrap();
    until(|| alice.swarm.connections().len() == 2).await;
    let new = alice.swarm.connections()[1].id;

    let stream = alice.swarm.open_stream(listener, ECHO).await.unwrap();
    assert_eq!(stream.connection(), new);
    alice.swarm.close_connection(new, ConnectionCode::NO_ERROR);
    let stream = alice.swarm.open_stream(listener, ECHO).await.unwrap();
    assert_eq!(stream.connection(), old);
}

#[tokio::test]
async fn opening_goes_on_with_another_connection_when_the_first_ends_under_it() {
    let world = World::new();
    let (alice, bob) = world.connected().await;
    let to_alice = alice.listen().await;
    let old = alice.swarm.connections()[0].id;
    bob.swarm
        .connect_address(to_alice.without_peer())
        .await
        .unwrap();
    until(|| alice.swarm.connections().len() == 2).await;
    let new = alice.swarm.connections()[1].id;
    // The newest connection has no room: whoever opens there waits.
    let mut full = Vec::new();
    for _ in 0..MAX_STREAMS {
        full.push(alice.swarm.open_stream_on(new, ECHO).await.unwrap());
    }

    let (swarm, peer) = (alice.swarm.clone(), bob.peer);
    let opening = tokio::spawn(async move { swarm.open_stream(peer, ECHO).await });
    settle().await;
    alice.swarm.close_connection(new, ConnectionCode::NO_ERROR);

    let stream = opening.await.unwrap().unwrap();
    assert_eq!(stream.connection(), old);
}

#[tokio::test]
async fn opening_on_a_connection_that_ends_fails_fast_when_there_is_no_other() {
    let (alice, bob) = World::new().connected().await;
    let id = alice.swarm.connections()[0].id;
    let mut full = Vec::new();
    for _ in 0..MAX_STREAMS {
        full.push(alice.swarm.open_stream(bob.peer, ECHO).await.unwrap());
    }

    let (swarm, peer) = (alice.swarm.clone(), bob.peer);
    let opening = tokio::spawn(async move { swarm.open_stream(peer, ECHO).await });
    settle().await;
    alice.swarm.close_connection(id, ConnectionCode::NO_ERROR);

    let error = opening.await.unwrap().unwrap_err();
    assert!(matches!(error, OpenStreamError::Closed(_)));
    drop(full);
    alice.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn opening_gives_up_when_the_peer_allows_no_more_streams() {
    let (alice, bob) = World::new().connected().await;
    let mut full = Vec::new();
    for _ in 0..MAX_STREAMS {
        full.push(alice.swarm.open_stream(bob.peer, ECHO).await.unwrap());
    }

    let error = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap_err();

    assert!(
        matches!(error, OpenStreamError::TimedOut { after } if after == Duration::from_secs(10))
    );
    full.pop();
    alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
}

#[tokio::test]
async fn streams_are_counted_and_given_back() {
    let (alice, bob) = World::new().connected().await;

    let held: Vec<_> = [
        alice.swarm.open_stream(bob.peer, ECHO).await,
        alice
            .swarm
            .open_stream(bob.peer, Protocol::from_static("/x/1"))
            .await,
    ]
    .into_iter()
    .map(Result::unwrap)
    .collect();
    assert_eq!(alice.swarm.usage().streams, 2);
    assert_eq!(alice.swarm.connections()[0].open_streams, 2);
    drop(held);

    assert_eq!(alice.swarm.usage().streams, 0);
    until(|| bob.swarm.usage().streams == 0).await;
}
