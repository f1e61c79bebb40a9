//! What only shows where packets can be lost and nodes can crash.

use std::time::Duration;

use futures_util::future::{join, join_all};
use sinew_transport::{CloseReason, ConnectionCode, Dial, DialError, Phase, ReadError, StreamCode};

use super::{
    gate::CountingGate,
    lab::{Lab, pattern, receive, send, wrap},
    opening::echo,
};
use crate::{Cut, Link};

/// Loss, reordering, duplication and jitter cost time and nothing else.
pub async fn a_transfer_over_a_bad_network_arrives_intact(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    lab.world().set_default_link(bad());
    let content = pattern(3 << 20, 1);

    let (sent, heard) = lab
        .soon(join(send(&mut ours, content.clone()), receive(&mut theirs)))
        .await;

    sent.unwrap();
    assert!(heard.unwrap() == content);
}

/// Many at once.
pub async fn streams_over_a_bad_network_arrive_intact(lab: &Lab) {
    lab.world().set_default_link(bad());
    let pair = lab.connect().await;
    pair.listener.set_acceptor(echo());
    let dialer = &pair.dialer;

    let conversations = (0..50u32).map(|salt| async move {
        let mut stream = wrap(dialer.open().await.unwrap());
        let said = pattern(20_000, salt);
        send(&mut stream, said.clone()).await.unwrap();
        let heard = receive(&mut stream).await.unwrap();
        assert!(heard == said, "stream {salt} heard something else");
    });

    lab.soon(join_all(conversations)).await;
    lab.assert_quiet(&pair).await;
}

/// An acknowledgement comes from the peer: it cannot be here sooner than light.
pub async fn finished_takes_a_round_trip(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, _theirs) = lab.streams(&pair).await;
    lab.settle().await;
    let before = lab.world().elapsed();

    lab.soon(ours.finished()).await.unwrap();

    let took = lab.world().elapsed() - before;
    assert!(took >= Duration::from_millis(20), "{took:?}");
    assert!(took < Duration::from_millis(100), "{took:?}");
}

/// A crash is silence; it ends the connection with a reason of its own, on every wait.
pub async fn a_peer_that_falls_silent_times_out(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, _theirs) = lab.streams(&pair).await;

    lab.bob.crash();
    let waits = join(ours.read_bytes(), pair.dialer.closed());
    let ended = lab.world().timeout(lab.subject.patience(), waits).await;

    let (read, closed) = ended.expect("silence is noticed");
    assert!(
        matches!(read, Err(ReadError::Closed(CloseReason::TimedOut { .. }))),
        "{read:?}"
    );
    assert!(matches!(closed, CloseReason::TimedOut { .. }), "{closed:?}");
}

/// A node that is back knows nothing of its connections, and says so.
pub async fn a_peer_that_restarted_is_told_apart_from_one_that_is_silent(lab: &Lab) {
    let pair = lab.connect().await;
    let address = pair.inbound.address();
    lab.bob.crash();
    lab.bob.restart();
    let transport = lab.subject.transport(&lab.bob);
    let _inbound = transport.listen(address, CountingGate::open()).await;

    let mut stream = wrap(lab.soon(pair.dialer.open()).await.unwrap());
    stream.write_all(b"are you there?").await.unwrap();

    let reason = lab.soon(pair.dialer.closed()).await;
    assert!(matches!(reason, CloseReason::Reset), "{reason:?}");
}

/// Nothing came back at all; that is another thing than a handshake that stalls.
pub async fn a_dial_into_silence_says_that_nothing_was_heard(lab: &Lab) {
    let address = lab.nobody().await;
    let transport = lab.subject.transport(&lab.alice);
    lab.world().cut(Cut::everything());

    let dialing = transport.dial(Dial::new(address));
    let ended = lab.world().timeout(lab.subject.patience(), dialing).await;

    let error = ended.expect("a dial ends").map(drop).unwrap_err();
    let DialError::Failed { phase, reason } = error else {
        panic!("{error:?}");
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
        "{reason:?}"
    );
}

/// A transport that is shut down answers whoever still dials, and keeps nothing for them.
pub async fn a_dial_in_progress_ends_with_its_transport(lab: &Lab) {
    let address = lab.nobody().await;
    let transport = lab.subject.transport(&lab.alice);
    lab.world().cut(Cut::everything());
    let begun = lab.world().elapsed();
    let ending = async {
        lab.sleep(Duration::from_secs(1)).await;
        transport.shutdown().await;
    };

    let (dialed, ()) = join(transport.dial(Dial::new(address)), ending).await;

    assert!(dialed.is_err());
    let took = lab.world().elapsed() - begun;
    assert!(took < Duration::from_secs(5), "{took:?}");
    lab.settle().await;
    assert!(lab.world().tasks().is_empty(), "{:?}", lab.world().tasks());
    assert_eq!(lab.alice.sockets(), 0);
}

/// The network breaks in the middle of a handshake: both sides give up, at whatever moment it was.
pub async fn a_handshake_that_stalls_ends_and_gives_its_permit_back(lab: &Lab) {
    for step in 0..12 {
        let (dialing, listening) = (
            lab.subject.transport(&lab.alice),
            lab.subject.transport(&lab.bob),
        );
        let gate = CountingGate::open();
        let mut inbound = lab.listen(&lab.bob, &*listening, gate.clone()).await;
        let dial = dialing.dial(lab.dial_bob(&*inbound));
        let breaking = async {
            lab.sleep(Duration::from_millis(5 + 10 * step)).await;
            lab.world().cut(Cut::everything())
        };

        let (dialed, cut) = join(dial, breaking).await;

        // It may have been quick enough; then it falls silent.
        if let Ok(connection) = dialed {
            let closed = connection.closed();
            let ended = lab.world().timeout(lab.subject.patience(), closed).await;
            ended.expect("silence is noticed");
        }
        let mut accepted = Vec::new();
        while let Some(outcome) = lab
            .polled(
                usize::MAX,
                std::future::poll_fn(|cx| inbound.poll_accept(cx)),
            )
            .await
        {
            accepted.extend(outcome.and_then(Result::ok));
        }
        lab.sleep(lab.subject.patience()).await;
        drop(accepted);
        assert_eq!(gate.held(), 0, "after {} ms", 5 + 10 * step);
        lab.world().lift(cut);
        lab.soon(dialing.shutdown()).await;
        lab.soon(listening.shutdown()).await;
        drop(inbound);
        lab.settle().await;
        assert!(lab.world().tasks().is_empty(), "{:?}", lab.world().tasks());
    }
}

/// Streams wait for the network and go on.
pub async fn a_partition_shorter_than_patience_is_survived(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let content = pattern(1 << 20, 1);
    let cutting = async {
        lab.sleep(Duration::from_millis(7)).await;
        let cut = lab.world().cut(Cut::between([&lab.alice], [&lab.bob]));
        lab.sleep(Duration::from_secs(4)).await;
        lab.world().lift(cut);
    };

    let transfer = join(send(&mut ours, content.clone()), receive(&mut theirs));
    let ((sent, heard), ()) = lab.soon(join(transfer, cutting)).await;

    sent.unwrap();
    assert!(heard.unwrap() == content);
}

/// What says that a stream is over is sent again like everything else.
pub async fn a_reset_is_not_lost_with_a_packet(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let cut = lab.world().cut(Cut::everything());

    ours.reset(StreamCode::new(5));
    lab.sleep(Duration::from_secs(1)).await;
    lab.world().lift(cut);

    let error = lab.soon(theirs.read_bytes()).await.unwrap_err();
    assert!(
        matches!(error, ReadError::Reset(code) if code.get() == 5),
        "{error:?}"
    );
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// If a peer could not be told that it is over, it finds out.
pub async fn a_close_is_noticed_although_its_packets_are_lost(lab: &Lab) {
    let pair = lab.connect().await;
    lab.world().cut(Cut::everything().from([&lab.alice]));

    pair.dialer.close(ConnectionCode::new(7), "unheard");

    let closed = pair.listener.closed();
    let ended = lab.world().timeout(lab.subject.patience(), closed).await;
    ended.expect("silence is noticed");
}

/// Keep-alive: nothing is said for hours, and the next stream works at once.
pub async fn an_idle_connection_stays_for_hours(lab: &Lab) {
    let pair = lab.connect().await;

    lab.sleep(Duration::from_secs(3 * 3600)).await;

    let before = lab.world().elapsed();
    lab.streams(&pair).await;
    let took = lab.world().elapsed() - before;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Nothing of a node that crashed runs on, and its peers end what they had with it.
pub async fn a_crashed_node_leaves_no_task(lab: &Lab) {
    let pair = lab.connect().await;
    let (ours, theirs) = lab.streams(&pair).await;

    lab.alice.crash();
    assert!(lab.alice.tasks().is_empty());
    assert_eq!(lab.alice.sockets(), 0);
    drop((ours, pair.dialer, pair.dialing));
    lab.sleep(lab.subject.patience()).await;

    let reason = lab.soon(pair.listener.closed()).await;
    assert!(matches!(reason, CloseReason::TimedOut { .. }), "{reason:?}");
    drop((theirs, pair.permit));
    lab.soon(pair.listening.shutdown()).await;
    drop(pair.inbound);
    lab.settle().await;
    assert!(lab.bob.tasks().is_empty(), "{:?}", lab.bob.tasks());
    // A kernel repeats the last word of a connection for a quarter of an hour.
    lab.sleep(Duration::from_secs(1800)).await;
    assert_eq!(lab.bob.sockets(), 0);
}

fn bad() -> Link {
    Link {
        delay: Duration::from_millis(10),
        jitter: Duration::from_millis(4),
        bandwidth: Some(100_000_000),
        loss: 0.02,
        duplication: 0.02,
        reordering: 0.03,
        corruption: 0.005,
        ..Link::default()
    }
}
