//! Futures that are dropped before they are done.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use sinew_transport::{CloseReason, ConnectionCode};

use super::{
    gate::CountingGate,
    lab::{Lab, pattern, receive, wrap},
    opening::echo,
};

/// Polls after which every one of these operations is done.
const ENOUGH: usize = 40;

/// However far it got: no task, no socket, no permit stays, and the peer's side ends.
pub async fn a_dial_given_up_at_any_poll_leaves_nothing_behind(lab: &Lab) {
    let mut was_done = false;
    for polls in 0..ENOUGH {
        was_done = give_up_dial(lab, polls, Duration::from_secs(10)).await;
        if was_done {
            break;
        }
    }
    assert!(was_done, "no dial was done within {ENOUGH} polls");
}

/// As above, at every stage of the handshake that time brings about.
pub async fn a_dial_given_up_at_any_time_leaves_nothing_behind(lab: &Lab) {
    let mut was_done = false;
    for step in 0..40 {
        let after = Duration::from_millis(5 * step);
        was_done |= give_up_dial(lab, usize::MAX, after).await;
    }
    assert!(was_done, "no dial was done within 200 ms");
}

/// No stream stays open, and the next one can be had.
pub async fn an_open_given_up_at_any_poll_leaves_nothing_behind(lab: &Lab) {
    let pair = lab.connect().await;
    // Of some the peer hears, and has to let them go.
    pair.listener.set_acceptor(echo());
    for polls in 0..4 {
        for _ in 0..=lab.subject.max_streams() {
            drop(lab.polled(polls, pair.dialer.open()).await);
        }
    }
    lab.assert_quiet(&pair).await;
    lab.soon(pair.dialer.open()).await.unwrap();
}

/// Whoever gave up is passed over when a stream becomes free.
pub async fn an_open_that_waits_for_the_limit_can_be_given_up(lab: &Lab) {
    let pair = lab.connect().await;
    let mut open = Vec::new();
    for _ in 0..lab.subject.max_streams() {
        open.push(lab.streams(&pair).await);
    }
    for polls in 1..4 {
        let given_up = lab.polled(polls, pair.dialer.open()).await;
        assert!(given_up.is_none());
    }

    open.truncate(open.len() * 3 / 4);

    let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    ours.write_all(b"!").await.unwrap();
    let theirs = lab.soon(pair.listener.accept()).await.unwrap();
    drop((ours, theirs));
    open.clear();
    lab.assert_quiet(&pair).await;
}

/// What came while nobody waited, or while somebody gave up, is there for the next.
pub async fn an_accept_given_up_at_any_poll_loses_no_stream(lab: &Lab) {
    let pair = lab.connect().await;
    for number in 0..8u8 {
        let accepting = lab.polled(usize::from(number % 3), pair.listener.accept());
        let early = accepting.await;
        assert!(early.is_none());
        let mut ours = wrap(lab.soon(pair.dialer.open()).await.unwrap());
        ours.write_all(&[number]).await.unwrap();
        // The one that waits is woken, and gone before it looks.
        let woken = lab.polled(1, pair.listener.accept()).await;
        let mut theirs = match woken {
            Some(stream) => wrap(stream.unwrap()),
            None => wrap(lab.soon(pair.listener.accept()).await.unwrap()),
        };
        let mut got = [0];
        lab.soon(theirs.read_exact(&mut got)).await.unwrap();
        assert_eq!(got, [number]);
    }
}

/// A read either takes bytes and returns them, or takes none.
pub async fn a_read_given_up_at_any_poll_loses_no_byte(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let content = pattern(200_000, 1);
    let sending = async {
        for piece in content.chunks(999) {
            ours.write_all(piece).await.unwrap();
            lab.sleep(Duration::from_millis(3)).await;
        }
        ours.finish().unwrap();
    };
    let receiving = async {
        let mut received = Vec::new();
        for turn in 0usize.. {
            match lab.polled(turn % 3, theirs.read_bytes()).await {
                None => {}
                Some(Ok(Some(chunk))) => received.extend_from_slice(&chunk),
                Some(Ok(None)) => break,
                Some(Err(error)) => panic!("{error}"),
            }
        }
        received
    };

    let both = futures_util::future::join(sending, receiving);
    let received = lab.soon(both).await.1;

    assert!(received == content);
}

/// A write either takes bytes, which then arrive, or takes none.
pub async fn a_write_given_up_at_any_poll_sends_what_it_took(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let content = pattern(2 * lab.subject.max_unread_bytes(), 1);
    let sending = async {
        let mut left: Bytes = content.clone();
        let mut turn = 0;
        while !left.is_empty() {
            turn += 1;
            let writing = poll_fn(|cx| ours.poll_write_bytes(cx, &mut left));
            let written = lab.polled(turn % 3, writing).await;
            written.transpose().unwrap();
        }
        ours.finish().unwrap();
    };

    let both = futures_util::future::join(sending, receive(&mut theirs));
    let received = lab.soon(both).await.1.unwrap();

    assert!(received == content);
}

/// Waiting for the acknowledgement takes nothing with it when it is given up.
pub async fn a_wait_for_the_end_given_up_at_any_poll_can_be_made_again(lab: &Lab) {
    let pair = lab.connect().await;
    for polls in 0..3 {
        let (mut ours, mut theirs) = lab.streams(&pair).await;
        // May be done already, where acknowledgements take no time.
        let _early = lab.polled(polls, ours.finished()).await;
        lab.soon(ours.finished()).await.unwrap();
        assert_eq!(lab.soon(receive(&mut theirs)).await.unwrap(), b"");
    }
    lab.assert_quiet(&pair).await;
}

/// Any number may wait for the end of a connection, and give up.
pub async fn a_wait_for_the_close_given_up_at_any_poll_can_be_made_again(lab: &Lab) {
    let pair = lab.connect().await;
    for polls in 0..3 {
        let early = lab.polled(polls, pair.dialer.closed()).await;
        assert!(early.is_none());
    }
    let waiting = futures_util::future::join(pair.dialer.closed(), pair.dialer.closed());

    pair.listener.close(ConnectionCode::NO_ERROR, "");

    let (one, other) = lab.soon(waiting).await;
    assert!(matches!(one, CloseReason::Remote { .. }), "{one:?}");
    assert!(matches!(other, CloseReason::Remote { .. }), "{other:?}");
}

/// A port that nobody took is free.
pub async fn a_listen_given_up_at_any_poll_leaves_nothing_behind(lab: &Lab) {
    let mut was_done = false;
    for polls in 0..ENOUGH {
        let transport = lab.subject.transport(&lab.bob);
        let address = lab.subject.listen_on(&lab.bob);
        let listening = transport.listen(address, CountingGate::open());

        let listener = lab.polled(polls, listening).await;

        was_done = listener.is_some();
        drop(listener.transpose().unwrap());
        lab.soon(transport.shutdown()).await;
        lab.settle().await;
        assert!(lab.world().tasks().is_empty(), "after {polls} polls");
        assert_eq!(lab.bob.sockets(), 0, "after {polls} polls");
        if was_done {
            break;
        }
    }
    assert!(was_done, "nobody listened within {ENOUGH} polls");
}

/// Whoever gives up the wait for it does not take it back.
pub async fn a_shutdown_given_up_at_any_poll_can_be_made_again(lab: &Lab) {
    let mut was_done = false;
    for polls in 0..ENOUGH {
        let pair = lab.connect().await;

        let early = lab.polled(polls, pair.listening.shutdown()).await;
        was_done = early.is_some();
        lab.soon(pair.listening.shutdown()).await;

        let reason = lab.soon(pair.dialer.closed()).await;
        assert!(matches!(reason, CloseReason::Remote { .. }), "{reason:?}");
        lab.soon(pair.dialing.shutdown()).await;
        drop((pair.inbound, pair.permit));
        lab.settle().await;
        assert!(lab.world().tasks().is_empty(), "{:?}", lab.world().tasks());
        assert_eq!(lab.alice.sockets() + lab.bob.sockets(), 0);
        if was_done {
            break;
        }
    }
    assert!(was_done, "no shutdown was done within {ENOUGH} polls");
}

/// Gives a dial up and looks for what it left. Returns whether it was done before.
async fn give_up_dial(lab: &Lab, polls: usize, after: Duration) -> bool {
    let (dialing, listening) = (
        lab.subject.transport(&lab.alice),
        lab.subject.transport(&lab.bob),
    );
    let gate = CountingGate::open();
    let mut inbound = lab.listen(&lab.bob, &*listening, gate.clone()).await;
    let before = lab.world().tasks();

    let dial = dialing.dial(lab.dial_bob(&*inbound));
    let dialed = lab.world().timeout(after, lab.polled(polls, dial)).await;
    let dialed = dialed.ok().flatten().transpose().unwrap();
    if let Some(connection) = &dialed {
        connection.close(ConnectionCode::NO_ERROR, "");
    }

    // What reached the other side ends there too.
    while let Some(accepted) = lab
        .polled(usize::MAX, poll_fn(|cx| inbound.poll_accept(cx)))
        .await
    {
        if let Some(Ok((connection, _permit))) = accepted {
            lab.soon(connection.closed()).await;
        }
    }
    lab.sleep(Duration::from_secs(60)).await;
    let what = format!("after {polls} polls and {after:?}");
    assert_eq!(gate.held(), 0, "a permit is out {what}");
    assert_eq!(lab.world().tasks(), before, "tasks are left {what}");
    lab.soon(dialing.shutdown()).await;
    lab.soon(listening.shutdown()).await;
    drop(inbound);
    lab.settle().await;
    assert_eq!(lab.alice.sockets() + lab.bob.sockets(), 0, "{what}");
    dialed.is_some()
}
