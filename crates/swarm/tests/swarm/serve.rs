//! Handlers come and go while the host runs.

use sinew_transport::{Protocol, ReadError, StreamCode};

use crate::fixture::{ECHO, Host, OTHER, World, drain, settle, until};

/// Asks `peer` on `protocol`, and returns what it says.
async fn ask(host: &Host, other: &Host, protocol: Protocol) -> Result<String, ReadError> {
    let mut stream = host.swarm.open_stream(other.peer, protocol).await.unwrap();
    stream.finish().unwrap();
    let mut answer = Vec::new();
    while let Some(chunk) = stream.read_bytes().await? {
        answer.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(answer).unwrap())
}

fn say(host: &Host, protocol: Protocol, answer: &'static str) {
    host.swarm.serve(protocol, move |mut stream| async move {
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.finish().unwrap();
        // The asker has ended already; reading that keeps the end of the handler from looking like a reset.
        stream.read_to_end(0).await.unwrap();
    });
}

fn served(host: &Host) -> Vec<String> {
    let protocols = host.swarm.protocols();
    protocols.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_handler_can_be_added_replaced_and_removed_while_connected() {
    let (alice, bob) = World::new().connected().await;
    let mut events = bob.swarm.events();

    ask(&alice, &bob, OTHER).await.unwrap_err();
    say(&bob, OTHER, "first");
    assert_eq!(ask(&alice, &bob, OTHER).await.unwrap(), "first");
    assert_eq!(served(&bob), ["/echo/1.0.0", "/other/1.0.0"]);
    say(&bob, OTHER, "second");
    assert_eq!(ask(&alice, &bob, OTHER).await.unwrap(), "second");
    assert!(bob.swarm.stop_serving("/other/1.0.0"));
    assert!(!bob.swarm.stop_serving("/other/1.0.0"));
    ask(&alice, &bob, OTHER).await.unwrap_err();

    assert_eq!(served(&bob), ["/echo/1.0.0"]);
    assert_eq!(drain(&mut events), ["protocols changed"; 3]);
}

#[tokio::test]
async fn an_open_stream_goes_on_when_its_handler_is_removed() {
    let (alice, bob) = World::new().connected().await;
    let mut stream = alice.swarm.open_stream(bob.peer, ECHO).await.unwrap();
    stream.write_all(b"before").await.unwrap();
    let mut echoed = [0; 6];
    stream.read_exact(&mut echoed).await.unwrap();

    bob.swarm.stop_serving("/echo/1.0.0");
    stream.write_all(b" after").await.unwrap();

    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b" after");
}

#[tokio::test]
async fn what_a_handler_holds_goes_with_it() {
    let bob = World::new().host(2);
    let held = std::sync::Arc::new(());
    let witness = std::sync::Arc::downgrade(&held);

    bob.swarm.serve(OTHER, move |_| {
        let _held = &held;
        std::future::ready(())
    });
    assert!(witness.upgrade().is_some());
    bob.swarm.stop_serving("/other/1.0.0");

    assert!(witness.upgrade().is_none());
}

#[tokio::test]
async fn a_queue_gives_the_streams_in_the_order_of_their_opening() {
    let (alice, bob) = World::new().connected().await;
    let mut incoming = bob.swarm.accept_queue(OTHER, 8);

    let mut ours = Vec::new();
    for number in 0..3 {
        let mut stream = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
        stream.write_all(&[number]).await.unwrap();
        ours.push(stream);
    }

    for number in 0..3 {
        let mut stream = incoming.next().await.unwrap();
        let mut byte = [9];
        stream.read_exact(&mut byte).await.unwrap();
        assert_eq!(byte, [number]);
    }
}

#[tokio::test]
async fn a_full_queue_resets_further_streams_and_says_why() {
    let (alice, bob) = World::new().connected().await;
    let mut incoming = bob.swarm.accept_queue(OTHER, 2);

    let mut ours = Vec::new();
    for _ in 0..3 {
        let mut stream = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        settle().await;
        ours.push(stream);
    }

    let error = ours[2].write_all(b"more").await.unwrap_err();
    assert!(matches!(
        error,
        sinew_transport::WriteError::Stopped(StreamCode::RESOURCE_LIMIT_EXCEEDED)
    ));
    assert!(incoming.next().await.is_some());
    assert!(incoming.next().await.is_some());
    assert_eq!(
        bob.swarm.usage().streams,
        0,
        "two were dropped, one was reset"
    );
}

#[tokio::test]
async fn a_dropped_queue_stops_serving() {
    let (alice, bob) = World::new().connected().await;
    let incoming = bob.swarm.accept_queue(OTHER, 2);
    let mut waiting = alice.swarm.open_stream(bob.peer, OTHER).await.unwrap();
    waiting.write_all(b"hello").await.unwrap();
    until(|| bob.swarm.usage().streams == 1).await;

    drop(incoming);

    assert_eq!(served(&bob), ["/echo/1.0.0"]);
    assert!(ask(&alice, &bob, OTHER).await.is_err());
    until(|| bob.swarm.usage().streams == 0).await;
}

#[tokio::test]
async fn a_queue_that_was_replaced_ends_and_takes_nothing_away() {
    let (alice, bob) = World::new().connected().await;
    let mut incoming = bob.swarm.accept_queue(OTHER, 2);

    say(&bob, OTHER, "handler");

    assert!(incoming.next().await.is_none());
    drop(incoming);
    assert_eq!(ask(&alice, &bob, OTHER).await.unwrap(), "handler");
}
