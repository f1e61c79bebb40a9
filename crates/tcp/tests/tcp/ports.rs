//! Which ports dials leave from, and who may listen on which.

use std::sync::Arc;

use sinew_transport::{Dial, ListenError, OpenGate, PortUse, Transport};

use crate::fixture::{Host, LOOPBACK, accept, in_time};

#[tokio::test]
async fn a_dial_leaves_from_the_port_that_listens_unless_told_otherwise() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let (ours, mut inbound) = (alice.listen().await, bob.listen().await);

    let shared = Dial::new(inbound.address());
    let mut new = shared.clone();
    new.port = PortUse::New;
    in_time(async {
        let dialed = alice.transport.dial(shared).await.unwrap();
        let (accepted, _) = accept(&mut *inbound).await.unwrap();
        assert_eq!(accepted.remote_address().port(), ours.address().port());
        assert_eq!(dialed.local_address().port(), ours.address().port());

        let _new = alice.transport.dial(new).await.unwrap();
        let (accepted, _) = accept(&mut *inbound).await.unwrap();
        assert_ne!(accepted.remote_address().port(), ours.address().port());
    })
    .await;
}

#[tokio::test]
async fn a_second_connection_between_two_hosts_takes_a_new_port() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let (ours, mut inbound) = (alice.listen().await, bob.listen().await);

    let mut connections = Vec::new();
    for _ in 0..4 {
        let (dialed, accepted) =
            in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) })
                .await;
        connections.push((dialed, accepted.unwrap()));
    }

    let ports: Vec<_> = connections
        .iter()
        .map(|(dialed, _)| dialed.local_address().port())
        .collect();
    assert_eq!(ports[0], ours.address().port());
    assert!(ports[1..].iter().all(|port| *port != ports[0]), "{ports:?}");
}

#[tokio::test]
async fn a_host_that_dials_itself_meets_itself_and_not_its_own_socket() {
    let alice = Host::new(1);
    let mut inbound = alice
        .listen_on("/ip4/0.0.0.0/tcp/0", Arc::new(OpenGate))
        .await;
    let port = inbound.address().port().unwrap();
    let itself = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();

    let (dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(itself), accept(&mut *inbound)) }).await;

    assert_eq!(dialed.peer(), alice.peer);
    assert_eq!(accepted.unwrap().0.peer(), alice.peer);
}

#[tokio::test]
async fn both_families_share_one_port() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut v6 = bob.listen_on("/ip6/::1/tcp/0", Arc::new(OpenGate)).await;
    let port = v6.address().port().unwrap();
    let v4 = format!("/ip4/127.0.0.1/tcp/{port}");
    let mut v4 = bob.listen_on(&v4, Arc::new(OpenGate)).await;

    for listener in [&mut v6, &mut v4] {
        let (dialed, accepted) = in_time(async {
            tokio::join!(alice.dial(listener.address()), accept(&mut **listener))
        })
        .await;
        assert_eq!(dialed.peer(), bob.peer);
        assert_eq!(dialed.remote_address(), listener.address());
        assert_eq!(accepted.unwrap().0.peer(), alice.peer);
    }
}

#[tokio::test]
async fn a_port_that_somebody_listens_on_is_refused_by_name() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let inbound = alice.listen().await;

    let taken = bob
        .transport
        .listen(inbound.address(), Arc::new(OpenGate))
        .await;

    let Err(ListenError::Bind { address, source }) = taken else {
        panic!("{taken:?}");
    };
    assert_eq!(address, inbound.address());
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn an_address_of_another_transport_is_not_taken() {
    let alice = Host::new(1);
    let quic: sinew_multiaddr::Address = "/ip4/127.0.0.1/udp/1/quic-v1".parse().unwrap();

    assert!(!alice.transport.handles(&quic));
    assert!(alice.transport.handles(&LOOPBACK.parse().unwrap()));
    alice
        .transport
        .dial(Dial::new(quic.clone()))
        .await
        .unwrap_err();
    let refused = alice.transport.listen(quic, Arc::new(OpenGate)).await;
    assert!(matches!(refused, Err(ListenError::Unsupported { .. })));
}
