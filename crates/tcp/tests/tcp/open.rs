//! Connections and streams come into being.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::{KeyType, Keypair};
use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::{CloseReason, ConnectionEvent, Dial, DialError, Phase, Role, Transport};

use crate::{
    fixture::{Host, Pair, accept, in_time, only, until_no_task_is_left, wrap},
    network::{Never, host_on},
    silent::Silent,
};

#[tokio::test]
async fn both_sides_learn_who_the_other_is() {
    let pair = in_time(Pair::connected()).await;

    assert_eq!(pair.dialer.peer(), pair.listening.peer);
    assert_eq!(pair.listener.peer(), pair.dialing.peer);
    assert_eq!(pair.dialer.role(), Role::Dialer);
    assert_eq!(pair.listener.role(), Role::Listener);
    assert_eq!(pair.dialer.remote_address(), pair.inbound.address());
    assert_eq!(pair.listener.remote_address(), pair.dialer.local_address());
}

#[tokio::test]
async fn every_type_of_key_can_dial_and_listen() {
    let mut rng = StdRng::from_seed([3; 32]);
    for security in SecurityProtocol::ALL {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::Ecdsa] {
            let keypair = Keypair::generate(key_type, &mut rng).unwrap();
            let odd = Host::with_key(&keypair, only(security));
            let usual = Host::with_config(1, only(security));
            let (mut odd_inbound, mut usual_inbound) = (odd.listen().await, usual.listen().await);

            let (dialed, accepted) = in_time(async {
                tokio::join!(usual.dial(odd_inbound.address()), accept(&mut *odd_inbound))
            })
            .await;
            assert_eq!(dialed.peer(), odd.peer, "{key_type} {security}");
            assert_eq!(
                accepted.unwrap().0.peer(),
                usual.peer,
                "{key_type} {security}"
            );

            let (_dialed, accepted) = in_time(async {
                tokio::join!(
                    odd.dial(usual_inbound.address()),
                    accept(&mut *usual_inbound)
                )
            })
            .await;
            assert_eq!(
                accepted.unwrap().0.peer(),
                odd.peer,
                "{key_type} {security}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_is_confirmed_on_both_sides() {
    for security in SecurityProtocol::ALL {
        let pair = in_time(Pair::with_config(only(security))).await;

        for connection in [&pair.dialer, &pair.listener] {
            let event = in_time(std::future::poll_fn(|cx| connection.poll_event(cx))).await;
            assert!(
                matches!(event, Some(ConnectionEvent::Confirmed)),
                "{event:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_peer_is_refused_within_the_handshake_with_both_ids() {
    for security in SecurityProtocol::ALL {
        let alice = Host::with_config(1, only(security));
        let bob = Host::with_config(2, only(security));
        let carol = Host::new(3);
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
        let failure = accepted.unwrap_err();
        assert!(
            matches!(failure.reason, CloseReason::Rejected(_)),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_from_one_that_is_silent() {
    let mut config = Config::default();
    config.protocol.handshake_timeout = Duration::from_millis(200);
    let alice = Host::with_config(1, config);
    let nobody = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        sinew_multiaddr::Address::tcp(gone.local_addr().unwrap())
    };
    let silent = Silent::listen();

    let refused = in_time(alice.transport.dial(Dial::new(nobody))).await;
    let late = in_time(alice.transport.dial(Dial::new(silent.address()))).await;

    let refused = refused.unwrap_err();
    assert!(matches!(refused, DialError::Refused { .. }), "{refused}");
    assert_eq!(refused.phase(), Some(Phase::Contact));
    let Err(DialError::Failed { phase, reason }) = late else {
        panic!("{late:?}");
    };
    assert_eq!(phase, Phase::Negotiation);
    assert!(
        matches!(
            reason,
            CloseReason::HandshakeTimedOut {
                phase: Phase::Negotiation,
                ..
            }
        ),
        "{reason}"
    );
}

#[tokio::test]
async fn a_host_that_does_not_answer_at_all_is_given_up() {
    let mut config = Config::default();
    config.connect_timeout = Duration::from_millis(50);
    let alice = host_on(Never, config);

    let dialed = in_time(alice.dial(Dial::new("/ip4/192.0.2.7/tcp/4001".parse().unwrap()))).await;

    let Err(DialError::Failed { phase, reason }) = dialed else {
        panic!("{dialed:?}");
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

#[tokio::test]
async fn streams_wait_for_their_turn_and_are_opened_in_order() {
    let pair = in_time(Pair::with_config(one_stream())).await;
    let (first, theirs) = pair.streams().await;
    let (mut second, mut third) = (pair.dialer.open(), pair.dialer.open());
    assert!((&mut second).now_or_never().is_none());
    assert!((&mut third).now_or_never().is_none());

    drop((first, theirs));
    let second = in_time(second).await.unwrap();
    assert!((&mut third).now_or_never().is_none());

    let mut second = wrap(second);
    second.write_all(b"x").await.unwrap();
    drop((second, in_time(pair.listener.accept()).await.unwrap()));
    in_time(third).await.unwrap();
}

#[tokio::test]
async fn one_who_gives_up_waiting_for_a_stream_does_not_keep_it() {
    let pair = in_time(Pair::with_config(one_stream())).await;
    let held = pair.streams().await;
    let mut given_up = pair.dialer.open();
    assert!((&mut given_up).now_or_never().is_none());
    let waiting = pair.dialer.open();

    drop(given_up);
    drop(held);

    in_time(waiting).await.unwrap();
}

#[tokio::test]
async fn a_thousand_dials_to_a_silent_host_leave_nothing_behind() {
    let silent = Silent::listen();
    let mut config = Config::default();
    config.protocol.handshake_timeout = Duration::from_millis(100);
    let alice = Host::with_config(1, config);

    let dials = (0..1000).map(|_| alice.transport.dial(Dial::new(silent.address())));
    let outcomes: Vec<_> = in_time(stream::iter(dials).buffer_unordered(100).collect()).await;

    for outcome in outcomes {
        let Err(DialError::Failed { phase, reason }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(phase, Phase::Negotiation);
        assert!(
            matches!(reason, CloseReason::HandshakeTimedOut { .. }),
            "{reason}"
        );
    }
    until_no_task_is_left().await;
    in_time(silent.until_all_have_hung_up()).await;
}

#[tokio::test]
async fn a_dial_that_is_given_up_hangs_up_and_leaves_nothing() {
    let silent = Silent::listen();
    let alice = Host::new(1);
    let mut dial = alice.transport.dial(Dial::new(silent.address()));
    in_time(async {
        while silent.met() == 0 {
            assert!((&mut dial).now_or_never().is_none());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;

    drop(dial);

    in_time(silent.until_all_have_hung_up()).await;
    until_no_task_is_left().await;
}

/// Allows one stream at a time.
fn one_stream() -> Config {
    let mut config = Config::default();
    config.protocol.yamux.max_outbound_streams = 1;
    config
}
