//! A host as an application sees it, over the in-memory transport.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::{sync::Arc, time::Duration};

use sinew::{
    Address, ConnectError, Event, Host, Keypair, NegotiationError, ReadError, Runtime, Stream,
    StreamCode, memory::MemoryNetwork,
};

#[tokio::test]
async fn serves_a_protocol_and_opens_streams_to_it() {
    let (alice, bob) = pair().await;
    bob.serve("/echo/1.0.0", |mut stream| async move {
        stream.copy_back().await
    });

    let peer = alice.connect(address(&bob)).await.unwrap();
    let stream = alice.open_stream(peer, "/echo/1.0.0").await.unwrap();

    assert_eq!(peer, bob.peer_id());
    assert_eq!(say(stream, b"hello").await, b"hello");
}

#[tokio::test]
async fn a_handler_may_return_nothing_or_a_result_whose_error_harms_nobody() {
    let (alice, bob) = pair().await;
    bob.serve("/nothing/1", |mut stream| async move {
        stream.finish().ok();
    });
    bob.serve(
        "/error/1",
        |_stream| async move { Err::<(), _>("not today") },
    );
    let peer = alice.connect(address(&bob)).await.unwrap();

    let refused = alice.open_stream(peer, "/error/1").await.unwrap();
    let served = alice.open_stream(peer, "/nothing/1").await.unwrap();

    let error = ask(refused, b"hello").await.unwrap_err();
    assert!(
        matches!(error, ReadError::Reset(StreamCode::NO_ERROR)),
        "{error:?}"
    );
    assert_eq!(say(served, b"").await, b"");
}

#[tokio::test]
async fn one_handler_serves_several_names_and_the_first_in_common_is_spoken() {
    let (alice, bob) = pair().await;
    bob.serve(["/echo/2", "/echo/1"], |mut stream| async move {
        stream.copy_back().await
    });
    let peer = alice.connect(address(&bob)).await.unwrap();

    let stream = alice
        .open_stream(peer, ["/echo/3", "/echo/2", "/echo/1"])
        .await
        .unwrap();

    assert_eq!(stream.protocol().unwrap().as_str(), "/echo/2");
}

#[tokio::test]
async fn a_queue_yields_streams_and_ends_the_service_when_it_is_dropped() {
    let (alice, bob) = pair().await;
    let mut queue = bob.accept("/queue/1", 4);
    let peer = alice.connect(address(&bob)).await.unwrap();
    let mut ours = alice.open_stream(peer, "/queue/1").await.unwrap();
    ours.write_all(b"hello").await.unwrap();
    ours.finish().unwrap();

    let mut theirs = queue.next().await.unwrap();

    assert_eq!(theirs.peer(), alice.peer_id());
    assert_eq!(theirs.read_to_end(16).await.unwrap(), b"hello");
    drop(queue);
    let stream = alice.open_stream(peer, "/queue/1").await.unwrap();
    assert!(is_no_common_protocol(&ask(stream, b"").await.unwrap_err()));
}

#[tokio::test]
async fn a_protocol_that_is_served_no_longer_is_not_spoken() {
    let (alice, bob) = pair().await;
    bob.serve(
        "/echo/1",
        |mut stream| async move { stream.copy_back().await },
    );
    let peer = alice.connect(address(&bob)).await.unwrap();

    assert!(bob.stop_serving("/echo/1"));

    let stream = alice.open_stream(peer, "/echo/1").await.unwrap();
    assert!(is_no_common_protocol(
        &ask(stream, b"hello").await.unwrap_err()
    ));
    assert!(!bob.stop_serving("/echo/1"));
}

#[tokio::test]
async fn connects_to_a_peer_at_whichever_address_answers() {
    let (alice, bob) = pair().await;
    let nobody: Address = "/memory/4711".parse().unwrap();

    alice
        .connect_peer(bob.peer_id(), [nobody, address(&bob)])
        .await
        .unwrap();

    let connections = alice.connections();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].peer, bob.peer_id());
}

#[tokio::test]
async fn refuses_whoever_is_not_the_peer_that_was_asked_for() {
    let (alice, bob) = pair().await;
    let somebody = Keypair::generate_ed25519().peer_id();

    let error = alice
        .connect(address(&bob).with_peer(somebody))
        .await
        .unwrap_err();

    let ConnectError::AllFailed(failed) = error else {
        panic!("another error: {error:?}");
    };
    let text = failed.to_string();
    assert!(text.contains(&somebody.to_string()) && text.contains(&bob.peer_id().to_string()));
}

#[tokio::test]
async fn listens_at_further_addresses_while_it_runs() {
    let (alice, bob) = pair().await;
    let before = bob.listen_addresses().len();

    let listener = bob.listen("/memory/0".parse().unwrap()).await.unwrap();

    assert_eq!(bob.listen_addresses().len(), before + 1);
    assert_eq!(
        alice.connect(listener.address().clone()).await.unwrap(),
        bob.peer_id()
    );
}

#[tokio::test]
async fn tells_of_connections_as_events() {
    let (alice, bob) = pair().await;
    let mut events = bob.events();

    alice.connect(address(&bob)).await.unwrap();
    let opened = next(&mut events, |event| {
        if let Event::ConnectionOpened { peer, .. } = event {
            Some(peer)
        } else {
            None
        }
    });
    assert_eq!(opened.await, alice.peer_id());

    alice.disconnect(bob.peer_id());
    let closed = next(&mut events, |event| {
        if let Event::ConnectionClosed { peer, .. } = event {
            Some(peer)
        } else {
            None
        }
    });
    assert_eq!(closed.await, alice.peer_id());
}

#[tokio::test]
async fn a_shutdown_tells_the_peer_and_ends_the_events() {
    let (alice, bob) = pair().await;
    alice.connect(address(&bob)).await.unwrap();
    let mut events = bob.events();
    let mut ends = alice.events();

    alice.shutdown().await;

    let reason = next(&mut events, |event| {
        if let Event::ConnectionClosed { reason, .. } = event {
            Some(reason)
        } else {
            None
        }
    });
    assert!(reason.await.to_string().contains("shutdown"));
    while ends.next().await.is_some() {}
}

#[tokio::test]
async fn a_host_that_nobody_holds_closes() {
    let (alice, bob) = pair().await;
    let mut events = bob.events();
    alice.connect(address(&bob)).await.unwrap();

    drop(alice);

    next(&mut events, |event| {
        matches!(event, Event::ConnectionClosed { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_invalid_name_of_a_protocol_is_an_error_of_the_caller() {
    let (alice, bob) = pair().await;
    let peer = alice.connect(address(&bob)).await.unwrap();

    let error = alice.open_stream(peer, "echo").await.unwrap_err();

    assert!(matches!(error, sinew::OpenStreamError::InvalidProtocol(_)));
}

#[cfg(feature = "ping")]
#[tokio::test]
async fn answers_pings() {
    let (alice, bob) = pair().await;
    let peer = alice.connect(address(&bob)).await.unwrap();

    alice.ping(peer).await.unwrap();
    let mut pinger = alice.pinger(peer).await.unwrap();
    for _ in 0..3 {
        pinger.ping().await.unwrap();
    }
}

#[cfg(feature = "identify")]
mod identify {
    use super::*;

    #[tokio::test]
    async fn says_who_we_are_and_what_we_serve() {
        let (alice, bob) = pair().await;
        bob.serve(
            "/echo/1",
            |mut stream| async move { stream.copy_back().await },
        );
        let peer = alice.connect(address(&bob)).await.unwrap();

        let info = alice.identify(peer).await.unwrap();

        assert_eq!(
            info.public_key.as_ref().unwrap().to_peer_id(),
            bob.peer_id()
        );
        assert!(info.agent_version.as_ref().unwrap().starts_with("sinew/"));
        assert!(info.protocols.iter().any(|it| it.as_str() == "/echo/1"));
        let addresses: Vec<_> = info.dialable_addresses(peer).collect();
        assert_eq!(addresses, bob.listen_addresses());
        assert_eq!(info.peer_record.as_ref().unwrap().peer_id, bob.peer_id());
        assert!(info.observed().is_some());
        assert_eq!(alice.known_info(peer), Some(info));
    }

    #[tokio::test]
    async fn a_connected_peer_is_told_of_a_new_protocol() {
        let (alice, bob) = pair().await;
        let peer = alice.connect(address(&bob)).await.unwrap();
        let mut identified = alice.identified();

        bob.serve("/news/1", |_stream| async {});

        let has_news =
            |info: &sinew::identify::Info| info.protocols.iter().any(|it| it.as_str() == "/news/1");
        told(&mut identified, peer, has_news).await;
        assert!(has_news(&alice.known_info(peer).unwrap()));
    }

    #[tokio::test]
    async fn the_side_that_was_dialed_is_told_of_a_new_address() {
        let (alice, bob) = pair().await;
        alice.connect(address(&bob)).await.unwrap();
        let mut identified = bob.identified();

        let listener = alice.listen("/memory/0".parse().unwrap()).await.unwrap();

        let peer = alice.peer_id();
        let new = listener.address().clone().with_peer(peer);
        told(&mut identified, peer, |info| {
            info.dialable_addresses(peer).any(|address| address == new)
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_peer_said_is_forgotten_when_it_is_gone() {
        let (alice, bob) = pair().await;
        let peer = alice.connect(address(&bob)).await.unwrap();
        alice.identify(peer).await.unwrap();

        bob.shutdown().await;

        let forgotten = async {
            while alice.known_info(peer).is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANG, forgotten).await.unwrap();
    }

    async fn told(
        identified: &mut sinew::Identified,
        from: sinew::PeerId,
        what: impl Fn(&sinew::identify::Info) -> bool,
    ) {
        let told = async {
            loop {
                let said = identified.next().await.expect("the host runs");
                if said.peer == from && what(&said.info) {
                    return;
                }
            }
        };
        tokio::time::timeout(HANG, told)
            .await
            .expect("the peer says so");
    }
}

/// Two hosts that can reach each other.
async fn pair() -> (Host, Host) {
    let network = MemoryNetwork::new(Runtime::tokio());
    (start(&network).await, start(&network).await)
}

async fn start(network: &MemoryNetwork) -> Host {
    let keypair = Keypair::generate_ed25519();
    let transport = network.transport(keypair.peer_id());
    Host::builder(keypair)
        .transport(Arc::new(transport))
        .listen("/memory/0".parse().unwrap())
        .start()
        .await
        .unwrap()
}

fn address(host: &Host) -> Address {
    host.listen_addresses().remove(0)
}

async fn say(stream: Stream, text: &[u8]) -> Vec<u8> {
    ask(stream, text).await.unwrap()
}

async fn ask(mut stream: Stream, text: &[u8]) -> Result<Vec<u8>, ReadError> {
    stream.write_all(text).await.ok();
    stream.finish().ok();
    let mut answer = Vec::new();
    while let Some(chunk) = stream.read_bytes().await? {
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn is_no_common_protocol(error: &ReadError) -> bool {
    matches!(
        error,
        ReadError::Negotiation(NegotiationError::NoCommonProtocol { .. })
    )
}

/// Waits for the event that `pick` is after.
async fn next<T>(events: &mut sinew::Events, pick: impl Fn(Event) -> Option<T>) -> T {
    let picked = async {
        loop {
            let event = events.next().await.expect("the host runs");
            if let Some(picked) = pick(event) {
                return picked;
            }
        }
    };
    tokio::time::timeout(HANG, picked)
        .await
        .expect("the event comes")
}

/// Only guards against hanging.
const HANG: Duration = Duration::from_secs(60);
