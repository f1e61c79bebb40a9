//! Connections and streams come into being.

use std::{sync::Arc, time::Duration};

use sinew_identity::{KeyType, Keypair};
use sinew_quic::Config;
use sinew_transport::{
    CloseReason, ConnectionEvent, Dial, DialError, OpenGate, Phase, PortUse, Role, Transport,
};

use crate::fixture::{Host, Pair, accept, in_time, wrap};

#[tokio::test]
async fn both_sides_learn_who_the_other_is() {
    let pair = in_time(Pair::connected()).await;

    assert_eq!(pair.dialer.peer(), pair.listening.peer);
    assert_eq!(pair.listener.peer(), pair.dialing.peer);
    assert_eq!(pair.dialer.role(), Role::Dialer);
    assert_eq!(pair.listener.role(), Role::Listener);
    assert_eq!(pair.dialer.remote_address(), pair.inbound.address());
    assert_eq!(
        pair.listener.remote_address().port(),
        pair.dialer.local_address().port()
    );
}

#[tokio::test]
async fn every_type_of_key_can_dial_and_listen() {
    let mut rng = rand::rngs::StdRng::from_seed([3; 32]);
    use rand::SeedableRng as _;
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa] {
        let keypair = Keypair::generate(key_type, &mut rng).unwrap();
        let (odd, usual) = (Host::with_key(&keypair, Config::default()), Host::new(1));
        let (mut odd_inbound, mut usual_inbound) = (odd.listen().await, usual.listen().await);

        let (dialed, accepted) = in_time(async {
            tokio::join!(usual.dial(odd_inbound.address()), accept(&mut *odd_inbound))
        })
        .await;
        assert_eq!(dialed.peer(), odd.peer, "{key_type}");
        assert_eq!(accepted.unwrap().0.peer(), usual.peer, "{key_type}");

        let (_dialed, accepted) = in_time(async {
            tokio::join!(
                odd.dial(usual_inbound.address()),
                accept(&mut *usual_inbound)
            )
        })
        .await;
        assert_eq!(accepted.unwrap().0.peer(), odd.peer, "{key_type}");
    }
}

#[tokio::test]
async fn an_outbound_connection_is_confirmed_after_the_handshake() {
    let pair = in_time(Pair::connected()).await;

    for connection in [&pair.dialer, &pair.listener] {
        let event = in_time(std::future::poll_fn(|cx| connection.poll_event(cx))).await;
        assert!(
            matches!(event, Some(ConnectionEvent::Confirmed)),
            "{event:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_peer_is_refused_within_the_handshake_with_both_ids() {
    let (alice, bob, carol) = (Host::new(1), Host::new(2), Host::new(3));
    let mut inbound = bob.listen().await;
    let address = inbound.address().with_peer(carol.peer);

    let (dialed, accepted) = in_time(async {
        tokio::join!(
            alice.transport.dial(Dial::new(address)),
            accept(&mut *inbound)
        )
    })
    .await;

    let Err(DialError::Failed { phase, reason }) = dialed else {
        panic!("{dialed:?}");
    };
    assert_eq!(phase, Phase::Handshake);
    let CloseReason::WrongPeer { expected, actual } = reason else {
        panic!("{reason}");
    };
    assert_eq!((expected, actual), (carol.peer, bob.peer));
    accepted.unwrap_err();
}

#[tokio::test]
async fn a_dial_leaves_from_the_port_that_listens_unless_told_otherwise() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let (ours, mut inbound) = (alice.listen().await, bob.listen().await);

    let shared = Dial::new(inbound.address());
    let mut new = shared.clone();
    new.port = PortUse::New;
    in_time(async {
        let _shared = alice.transport.dial(shared).await.unwrap();
        let (accepted, _) = accept(&mut *inbound).await.unwrap();
        assert_eq!(accepted.remote_address().port(), ours.address().port());

        let _new = alice.transport.dial(new).await.unwrap();
        let (accepted, _) = accept(&mut *inbound).await.unwrap();
        assert_ne!(accepted.remote_address().port(), ours.address().port());
    })
    .await;
}

#[tokio::test]
async fn both_families_share_one_port() {
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut v6 = bob
        .listen_on("/ip6/::1/udp/0/quic-v1", Arc::new(OpenGate))
        .await;
    let port = v6.address().port().unwrap();
    let mut v4 = bob
        .listen_on(
            &format!("/ip4/127.0.0.1/udp/{port}/quic-v1"),
            Arc::new(OpenGate),
        )
        .await;

    for listener in [&mut v6, &mut v4] {
        let (dialed, accepted) = in_time(async {
            tokio::join!(alice.dial(listener.address()), accept(&mut **listener))
        })
        .await;
        assert_eq!(dialed.peer(), bob.peer);
        assert_eq!(accepted.unwrap().0.peer(), alice.peer);
    }
}

#[tokio::test]
async fn streams_wait_for_their_turn_and_are_opened_in_order() {
    let mut config = Config::default();
    config.protocol.initial_streams = 1;
    config.protocol.max_streams = 1;
    let pair = in_time(Pair::with_config(config)).await;
    let (first, theirs) = pair.streams().await;
    let (mut second, mut third) = (pair.dialer.open(), pair.dialer.open());
    assert!(futures_util::FutureExt::now_or_never(&mut second).is_none());
    assert!(futures_util::FutureExt::now_or_never(&mut third).is_none());

    drop((first, theirs));
    let second = in_time(second).await.unwrap();
    assert!(futures_util::FutureExt::now_or_never(&mut third).is_none());

    let mut second = wrap(second);
    second.write_all(b"x").await.unwrap();
    drop((second, in_time(pair.listener.accept()).await.unwrap()));
    in_time(third).await.unwrap();
}

#[tokio::test]
async fn one_who_gives_up_waiting_for_a_stream_does_not_keep_it() {
    let mut config = Config::default();
    config.protocol.initial_streams = 1;
    config.protocol.max_streams = 1;
    let pair = in_time(Pair::with_config(config)).await;
    let held = pair.streams().await;
    let mut given_up = pair.dialer.open();
    assert!(futures_util::FutureExt::now_or_never(&mut given_up).is_none());
    let waiting = pair.dialer.open();

    drop(given_up);
    drop(held);

    in_time(waiting).await.unwrap();
}

#[tokio::test]
async fn a_thousand_dials_to_a_silent_address_leave_nothing_behind() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = sinew_multiaddr::Address::quic(silent.local_addr().unwrap());
    let mut config = Config::default();
    config.protocol.handshake_timeout = Duration::from_millis(200);
    config.linger = Duration::ZERO;
    let alice = Host::with_config(1, config);

    let dials = (0..1000).map(|_| alice.transport.dial(Dial::new(address.clone())));
    let outcomes = in_time(futures_util::future::join_all(dials)).await;

    for outcome in outcomes {
        let Err(DialError::Failed { phase, reason }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(phase, Phase::Contact);
        assert!(
            matches!(
                reason,
                CloseReason::HandshakeTimedOut {
                    phase: Phase::Contact,
                    ..
                }
            ),
            "{reason}"
        );
    }
    in_time(async {
        // Connections drain for a while after they failed; then the socket and its task go too.
        while tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
            > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_dial_that_is_given_up_is_closed() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut inbound = bob.listen().await;
    let mut dial = alice.transport.dial(Dial::new(inbound.address()));
    assert!(futures_util::FutureExt::now_or_never(&mut dial).is_none());
    tokio::task::yield_now().await;
    drop(dial);

    // The next dial works, and nothing of the first is left to be accepted as established.
    let (dialed, _) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;
    assert_eq!(dialed.peer(), bob.peer);
}
