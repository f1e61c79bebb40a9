//! Peers that cannot be reached, and what users are told.

use std::time::Duration;

use sinew::{CloseReason, ConnectError, DialError, DialFailure, Event, Phase};
use sinew_simnet::{Cut, Protocol};

use crate::fixture::{apart, echo, quic_at, start};

#[test]
fn a_black_hole_is_told_as_silence_after_the_handshake_timeout() {
    let (world, alice, bob) = apart();
    world.cut(Cut::everything().protocol(Protocol::Udp));

    world.block_on(async {
        let host = start(&alice).await;
        let error = host.connect(quic_at(&bob)).await.unwrap_err();

        let DialError::Failed { phase, reason } = only_failure(&error) else {
            panic!("{error:?}");
        };
        assert_eq!(*phase, Phase::Contact);
        let CloseReason::HandshakeTimedOut { after, phase } = reason else {
            panic!("{reason:?}");
        };
        assert_eq!((*after, *phase), (Duration::from_secs(10), Phase::Contact));
        assert_eq!(world.elapsed(), Duration::from_secs(10));
    });
}

#[test]
fn a_way_back_that_is_blocked_looks_like_silence_too_and_costs_the_peer_nothing_for_long() {
    let (world, alice, bob) = apart();
    world.cut(Cut::everything().from([&bob]));

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let error = ours.connect(quic_at(&bob)).await.unwrap_err();

        assert!(matches!(
            only_failure(&error),
            DialError::Failed {
                phase: Phase::Contact,
                ..
            }
        ));
        world.sleep(Duration::from_secs(60)).await;
        assert!(theirs.connections().is_empty());
    });
}

#[test]
fn a_peer_that_crashes_is_noticed_and_can_be_reached_again_when_it_is_back() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let mut events = ours.events();
        let peer = ours.connect(quic_at(&bob)).await.unwrap();
        drop(theirs);
        bob.crash();
        let crashed = world.elapsed();

        let reason = loop {
            if let Some(Event::ConnectionClosed { reason, .. }) = events.next().await {
                break reason;
            }
        };
        assert!(matches!(reason, CloseReason::TimedOut { .. }), "{reason:?}");
        assert!(world.elapsed() - crashed < Duration::from_secs(45));
        assert!(ours.connections().is_empty());

        bob.restart();
        let theirs = start(&bob).await;
        assert_eq!(theirs.peer_id(), peer);
        assert_eq!(ours.connect(quic_at(&bob)).await.unwrap(), peer);
        assert_eq!(echo(&ours, peer, b"hello").await, b"hello");
    });
}

/// Returns why the one address that was dialed did not answer.
fn only_failure(error: &ConnectError) -> &DialError {
    let ConnectError::AllFailed(all) = error else {
        panic!("{error:?}");
    };
    let [failed] = &all.attempts[..] else {
        panic!("{all:?}");
    };
    let DialFailure::Transport(error) = &failed.error else {
        panic!("{failed:?}");
    };
    error
}
