//! How connections come into being, or do not.

use std::{future::poll_fn, time::Duration};

use futures_util::future::join;
use sinew_transport::{CloseReason, ConnectionEvent, Dial, DialError, Phase, Role, StreamCode};

use super::{
    gate::CountingGate,
    lab::{Lab, accept, dial_and_accept},
};

/// Identities are proven to both, and both know who dialed.
pub async fn both_sides_know_who_the_other_is(lab: &Lab) {
    let pair = lab.connect().await;

    assert_eq!(pair.dialer.peer(), lab.bob.keypair().peer_id());
    assert_eq!(pair.listener.peer(), lab.alice.keypair().peer_id());
    assert_eq!(pair.dialer.role(), Role::Dialer);
    assert_eq!(pair.listener.role(), Role::Listener);
    assert_eq!(pair.dialer.remote_address(), pair.inbound.address());
    assert_eq!(pair.listener.local_address(), pair.inbound.address());
    assert_eq!(pair.dialer.local_address(), pair.listener.remote_address());
    assert_eq!(pair.dialer.security(), pair.listener.security());
}

/// Both hear, once, that the other has accepted them.
pub async fn both_sides_are_confirmed(lab: &Lab) {
    let pair = lab.connect().await;

    for connection in [&pair.dialer, &pair.listener] {
        let event = lab.soon(poll_fn(|cx| connection.poll_event(cx))).await;
        assert!(
            matches!(event, Some(ConnectionEvent::Confirmed)),
            "{event:?}"
        );
        lab.never(poll_fn(|cx| connection.poll_event(cx))).await;
    }
}

/// The handshake fails, and the error holds both identities.
pub async fn another_peer_than_the_dialed_one_is_named(lab: &Lab) {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::open();
    let inbound = lab.listen(&lab.bob, &*listening, gate.clone()).await;
    let expected = lab.world().node("carol").keypair().peer_id();
    let dial = Dial::new(inbound.address().with_peer(expected));

    let error = lab.soon(dialing.dial(dial)).await.map(drop).unwrap_err();

    let DialError::Failed { phase, reason } = error else {
        panic!("{error:?}");
    };
    assert_eq!(phase, Phase::Handshake);
    let CloseReason::WrongPeer {
        expected: dialed,
        actual,
    } = reason
    else {
        panic!("{reason:?}");
    };
    assert_eq!((dialed, actual), (expected, lab.bob.keypair().peer_id()));
    drop(inbound);
    lab.sleep(Duration::from_secs(60)).await;
    assert_eq!(gate.held(), 0);
}

/// A dial that names no peer takes whoever proves an identity.
pub async fn any_peer_will_do_when_none_is_named(lab: &Lab) {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let mut inbound = lab
        .listen(&lab.bob, &*listening, CountingGate::open())
        .await;
    let dial = Dial::new(inbound.address().without_peer());

    let (dialed, _accepted) = lab
        .soon(dial_and_accept(&*dialing, dial, &mut *inbound))
        .await;

    assert_eq!(dialed.unwrap().peer(), lab.bob.keypair().peer_id());
}

/// Nothing is sent for an address that the transport does not know how to dial.
pub async fn an_address_of_another_kind_is_unsupported(lab: &Lab) {
    let transport = lab.subject.transport(&lab.alice);
    let address = lab.subject.foreign_address();
    assert!(!transport.handles(&address));
    assert!(transport.handles(&lab.subject.listen_on(&lab.alice)));

    let dialed = lab.soon(transport.dial(Dial::new(address.clone()))).await;
    let listening = transport.listen(address.clone(), CountingGate::open());
    let listening = lab.soon(listening).await;

    let dialed = dialed.map(drop).unwrap_err();
    assert!(
        matches!(&dialed, DialError::Unsupported { address: it } if *it == address),
        "{dialed:?}"
    );
    let listening = listening.map(drop).unwrap_err();
    assert!(
        matches!(&listening, sinew_transport::ListenError::Unsupported { address: it } if *it == address),
        "{listening:?}"
    );
}

/// Where nobody listens a dial ends with an error, sooner or later, and leaves nothing.
pub async fn a_dial_to_nobody_fails(lab: &Lab) {
    let address = lab.nobody().await;
    let transport = lab.subject.transport(&lab.alice);

    let error = lab
        .soon(transport.dial(Dial::new(address)))
        .await
        .map(drop)
        .unwrap_err();

    let is_contact = matches!(
        error,
        DialError::Refused { .. }
            | DialError::Unreachable { .. }
            | DialError::Failed {
                phase: Phase::Contact,
                ..
            }
    );
    assert!(is_contact, "{error:?}");
    lab.sleep(Duration::from_secs(60)).await;
    assert!(lab.world().tasks().is_empty(), "{:?}", lab.world().tasks());
    assert_eq!(lab.alice.sockets(), 0);
}

/// Whoever listens, and dials from where it listens, meets a peer that does the same.
pub async fn two_that_dial_each_other_at_the_same_moment_both_succeed(lab: &Lab) {
    let (alices, bobs) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::open;
    let mut at_alices = lab.listen(&lab.alice, &*alices, gate()).await;
    let mut at_bobs = lab.listen(&lab.bob, &*bobs, gate()).await;
    let alice = lab.alice.keypair().peer_id();
    let to_alice = Dial::new(at_alices.address().with_peer(alice));
    let to_bob = lab.dial_bob(&*at_bobs);

    let dials = join(alices.dial(to_bob), bobs.dial(to_alice));
    let accepts = join(accept(&mut *at_alices), accept(&mut *at_bobs));
    let ((to_bob, to_alice), (at_alices, at_bobs)) = lab.soon(join(dials, accepts)).await;

    for (dialed, accepted) in [(to_bob, at_bobs), (to_alice, at_alices)] {
        let (dialed, (accepted, _permit)) = (dialed.unwrap(), accepted.unwrap());
        assert_eq!(
            (dialed.role(), accepted.role()),
            (Role::Dialer, Role::Listener)
        );
        lab.streams_from(&dialed, &accepted).await;
    }
}

/// A refusal is heard, and is told apart from silence.
pub async fn a_gate_that_refuses_fails_the_dial(lab: &Lab) {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::refusing();
    let mut inbound = lab.listen(&lab.bob, &*listening, gate).await;

    let dial = lab.dial_bob(&*inbound);
    let error = lab.soon(dialing.dial(dial)).await.map(drop).unwrap_err();

    let DialError::Failed { phase, reason } = error else {
        panic!("{error:?}");
    };
    // Whichever phase comes first; somebody was there.
    assert_ne!(phase, Phase::Contact);
    assert!(matches!(reason, CloseReason::Rejected(_)), "{reason:?}");
    lab.never(poll_fn(|cx| inbound.poll_accept(cx))).await;
}

/// A permit is given with the connection, and belongs to whoever accepted.
pub async fn a_permit_lives_as_long_as_its_connection(lab: &Lab) {
    let pair = lab.connect().await;
    assert_eq!(pair.gate.held(), 1);

    pair.dialer
        .close(sinew_transport::ConnectionCode::NO_ERROR, "");
    lab.soon(pair.listener.closed()).await;
    assert_eq!(pair.gate.held(), 1);
    drop(pair.permit);

    assert_eq!(pair.gate.held(), 0);
}

/// Whoever fails to prove an identity holds nothing for longer than a handshake may take.
pub async fn a_failed_handshake_gives_its_permit_back(lab: &Lab) {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::open();
    let mut inbound = lab.listen(&lab.bob, &*listening, gate.clone()).await;
    let expected = lab.world().node("carol").keypair().peer_id();

    for _ in 0..3 {
        let dial = Dial::new(inbound.address().with_peer(expected));
        lab.soon(dialing.dial(dial)).await.map(drop).unwrap_err();
    }

    // The listener may hear of failures, and of connections that end as soon as they begin.
    let mut accepted = Vec::new();
    while let Some(outcome) = lab
        .polled(usize::MAX, poll_fn(|cx| inbound.poll_accept(cx)))
        .await
    {
        accepted.extend(outcome.and_then(Result::ok));
    }
    for (connection, permit) in accepted {
        lab.soon(connection.closed()).await;
        drop(permit);
    }
    lab.sleep(Duration::from_secs(60)).await;
    assert_eq!(gate.held(), 0);
}

/// Dropping a listener closes no connection.
pub async fn a_dropped_listener_accepts_no_more_and_its_connections_go_on(lab: &Lab) {
    let pair = lab.connect().await;
    let dial = lab.dial_bob(&*pair.inbound);
    drop(pair.inbound);
    lab.settle().await;

    let late = lab.subject.transport(&lab.world().node("carol"));
    let refused = lab.soon(late.dial(dial)).await.map(drop);

    assert!(refused.is_err());
    let mut stream = super::lab::wrap(lab.soon(pair.dialer.open()).await.unwrap());
    stream.write_all(b"still here").await.unwrap();
    lab.soon(pair.listener.accept()).await.unwrap();
    stream.reset(StreamCode::NO_ERROR);
}

/// Whoever was let in and never looked at is told.
pub async fn connections_that_nobody_accepts_are_closed_with_the_listener(lab: &Lab) {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::open();
    let inbound = lab.listen(&lab.bob, &*listening, gate.clone()).await;
    let dialer = lab.soon(dialing.dial(lab.dial_bob(&*inbound))).await;
    let dialer = dialer.unwrap();
    lab.settle().await;

    drop(inbound);

    let reason = lab.soon(dialer.closed()).await;
    assert!(matches!(reason, CloseReason::Remote { .. }), "{reason:?}");
    lab.sleep(Duration::from_secs(60)).await;
    assert_eq!(gate.held(), 0);
}
