//! Hosts over the sockets of this machine, as an application makes them.
#![cfg(all(feature = "quic", feature = "tcp"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::time::Duration;

use sinew::{Address, CloseReason, ConnectError, ConnectionCode, Event, Host, KeyType, Keypair};

const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
const TCP: &str = "/ip4/127.0.0.1/tcp/0";

// go-libp2p opens streams and says nothing on them before they are used.
#[test]
fn as_many_streams_may_negotiate_as_a_peer_may_open() {
    let negotiating = sinew::Limits::default().max_negotiating_per_connection;

    assert!(negotiating >= sinew::quic::Config::default().protocol.max_streams);
    assert!(
        negotiating
            >= sinew::tcp::Config::default()
                .protocol
                .yamux
                .max_inbound_streams
    );
}

#[tokio::test]
async fn serves_a_protocol_and_opens_streams_to_it() {
    for transport in [QUIC, TCP] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        bob.serve("/echo/1.0.0", |mut stream| async move {
            stream.copy_back().await
        });

        let peer = in_time(alice.connect(address(&bob))).await.unwrap();

        assert_eq!(peer, bob.peer_id());
        assert_eq!(echo(&alice, peer, b"hello").await, b"hello");
    }
}

#[tokio::test]
async fn every_type_of_key_connects_with_every_other() {
    for transport in [QUIC, TCP] {
        let mut hosts = Vec::new();
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa] {
            let keypair = Keypair::generate(key_type, &mut rand::rng()).unwrap();
            hosts.push(start_as(keypair, transport).await);
        }

        for ours in &hosts {
            for theirs in &hosts {
                if ours.peer_id() != theirs.peer_id() {
                    let peer = in_time(ours.connect(address(theirs))).await.unwrap();
                    assert_eq!(peer, theirs.peer_id());
                }
            }
        }
    }
}

#[tokio::test]
async fn both_families_listen_on_one_port() {
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let bob = start("/ip6/::1/udp/0/quic-v1").await;
    let port = address(&bob).port().unwrap();
    let v4: Address = format!("/ip4/127.0.0.1/udp/{port}/quic-v1")
        .parse()
        .unwrap();
    bob.listen(v4).await.unwrap();
    bob.serve("/echo/1.0.0", |mut stream| async move {
        stream.copy_back().await
    });

    let addresses = bob.listen_addresses();
    assert_eq!(addresses.len(), 2);
    for address in addresses {
        let alice = start(QUIC).await;
        let peer = in_time(alice.connect(address)).await.unwrap();
        assert_eq!(echo(&alice, peer, b"hello").await, b"hello");
    }
}

#[tokio::test]
async fn a_dial_to_another_peer_fails_inside_the_handshake_with_both_ids() {
    for transport in [QUIC, TCP] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        let expected = Keypair::generate_ed25519().peer_id();
        let mut events = bob.events();

        let error = in_time(alice.connect(address(&bob).with_peer(expected)))
            .await
            .unwrap_err();

        let ConnectError::AllFailed(failed) = error else {
            panic!("{error:?}");
        };
        let text = failed.to_string();
        assert!(
            text.contains(&expected.to_string()) && text.contains(&bob.peer_id().to_string()),
            "{text}"
        );
        let seen = in_time(events.next()).await.unwrap();
        assert!(matches!(seen, Event::InboundFailed { .. }), "{seen:?}");
        assert!(bob.connections().is_empty());
    }
}

#[tokio::test]
async fn a_shutdown_is_a_proper_close_at_the_other_end() {
    for transport in [QUIC, TCP] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        in_time(alice.connect(address(&bob))).await.unwrap();
        let mut events = bob.events();
        while bob.connections().is_empty() {
            in_time(events.next()).await.unwrap();
        }

        in_time(alice.shutdown()).await;

        let reason = in_time(async {
            loop {
                if let Some(Event::ConnectionClosed { reason, .. }) = events.next().await {
                    return reason;
                }
            }
        })
        .await;
        assert!(
            matches!(
                reason,
                CloseReason::Remote {
                    code: ConnectionCode::SHUTDOWN,
                    ..
                }
            ),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_connection_says_how_it_is_secured_and_divided() {
    for (transport, told) in [
        (QUIC, "tls with quic"),
        (TCP, "tls with yamux, chosen in the tls handshake"),
    ] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        let mut events = alice.events();
        in_time(alice.connect(address(&bob))).await.unwrap();

        let opened = in_time(events.next()).await.unwrap();

        let Event::ConnectionOpened { security, .. } = opened else {
            panic!("{opened:?}");
        };
        assert_eq!(security.to_string(), told);
        assert_eq!(alice.connections().remove(0).security, security);
    }
}

#[tokio::test]
async fn a_host_without_a_transport_says_what_it_cannot_dial() {
    let bob = start(QUIC).await;
    bob.listen(TCP.parse().unwrap()).await.unwrap();
    let builder = || Host::builder(Keypair::generate_ed25519());

    for address in bob.listen_addresses() {
        let tcp_only = builder().without_quic().start().await.unwrap();
        let quic_only = builder().without_tcp().start().await.unwrap();
        let is_tcp = address.to_string().contains("/tcp/");
        let (can, cannot) = if is_tcp {
            (&tcp_only, &quic_only)
        } else {
            (&quic_only, &tcp_only)
        };

        let error = in_time(cannot.connect(address.clone())).await.unwrap_err();
        in_time(can.connect(address)).await.unwrap();

        assert!(
            error.to_string().contains("no transport here dials"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn tcp_takes_over_where_nothing_answers_over_udp() {
    // It takes every datagram and answers none.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = Address::quic(silent.local_addr().unwrap());
    let (alice, bob) = (start(TCP).await, start(TCP).await);
    let addresses = [silent.with_peer(bob.peer_id()), address(&bob)];

    in_time(alice.connect_peer(bob.peer_id(), addresses))
        .await
        .unwrap();

    let connection = alice.connections().remove(0);
    assert_eq!(connection.peer, bob.peer_id());
    assert_eq!(connection.security.muxer, "yamux");
}

#[cfg(feature = "ping")]
#[tokio::test]
async fn pings_are_answered() {
    for transport in [QUIC, TCP] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        let peer = in_time(alice.connect(address(&bob))).await.unwrap();

        for _ in 0..3 {
            in_time(alice.ping(peer)).await.unwrap();
        }
    }
}

#[cfg(feature = "identify")]
#[tokio::test]
async fn identify_tells_the_address_from_which_a_host_listens() {
    for transport in [QUIC, TCP] {
        let (alice, bob) = (start(transport).await, start(transport).await);
        let peer = in_time(alice.connect(address(&bob))).await.unwrap();

        let info = in_time(alice.identify(peer)).await.unwrap();

        // A host dials from the port on which it listens, so what the peer sees is where it can dial.
        assert_eq!(
            info.observed(),
            Some(address(&alice).without_peer()),
            "{info:?}"
        );
        assert_eq!(
            info.dialable_addresses(peer).collect::<Vec<_>>(),
            bob.listen_addresses()
        );
    }
}

async fn start(address: &str) -> Host {
    start_as(Keypair::generate_ed25519(), address).await
}

async fn start_as(keypair: Keypair, address: &str) -> Host {
    Host::builder(keypair)
        .listen(address.parse().unwrap())
        .start()
        .await
        .unwrap()
}

fn address(host: &Host) -> Address {
    host.listen_addresses().remove(0)
}

async fn echo(host: &Host, peer: sinew::PeerId, text: &[u8]) -> Vec<u8> {
    in_time(async {
        let mut stream = host.open_stream(peer, "/echo/1.0.0").await.unwrap();
        stream.write_all(text).await.unwrap();
        stream.finish().unwrap();
        stream.read_to_end(1024).await.unwrap()
    })
    .await
}

/// Only guards against hanging.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .expect("the test hangs")
}
