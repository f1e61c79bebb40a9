//! How connections and transports end.

use std::{future::poll_fn, sync::Arc, time::Duration};

use futures_util::future::{join, join5};
use sinew_transport::{
    CloseReason, Connection, ConnectionCode, ConnectionEvent, Dial, DialError, ListenError,
    ReadError, WriteError,
};

use super::{
    gate::CountingGate,
    lab::{Lab, Pair, pattern, receive, send},
};

const CODE: ConnectionCode = ConnectionCode::new(0x1234);

/// Reader, writer, whoever waits for an acknowledgement, opener, accepter and whoever waits for the end get one
/// and the same reason.
pub async fn a_close_ends_every_wait_on_this_side(lab: &Lab) {
    let pair = lab.connect().await;
    let dialer = pair.dialer.clone();
    let is_local =
        |reason: &CloseReason| matches!(reason, CloseReason::Local { code } if *code == CODE);
    assert_waits_end(lab, &pair, &dialer, is_local).await;
}

/// As above, where the peer closes.
pub async fn a_close_ends_every_wait_on_the_other_side(lab: &Lab) {
    let pair = lab.connect().await;
    let listener = pair.listener.clone();
    let said = text(lab);
    let is_remote = |reason: &CloseReason| matches!(reason, CloseReason::Remote { code, reason } if *code == CODE && &**reason == said);
    assert_waits_end(lab, &pair, &listener, is_remote).await;
}

/// The one who listened closes; the one who dialed reads why.
pub async fn a_close_carries_its_code_and_its_text(lab: &Lab) {
    let pair = lab.connect().await;

    pair.listener.close(CODE, "bye");

    let theirs = lab.soon(pair.dialer.closed()).await;
    let CloseReason::Remote { code, reason } = theirs else {
        panic!("{theirs:?}");
    };
    assert_eq!((code, &*reason), (CODE, text(lab)));
    let ours = lab.soon(pair.listener.closed()).await;
    assert!(
        matches!(ours, CloseReason::Local { code: CODE }),
        "{ours:?}"
    );
}

/// The first reason stays.
pub async fn a_second_close_changes_nothing(lab: &Lab) {
    let pair = lab.connect().await;

    pair.dialer.close(CODE, "bye");
    pair.dialer.close(ConnectionCode::GATED, "again");
    lab.settle().await;
    pair.listener.close(ConnectionCode::GATED, "too late");

    let ours = lab.soon(pair.dialer.closed()).await;
    assert!(
        matches!(ours, CloseReason::Local { code: CODE }),
        "{ours:?}"
    );
    let theirs = lab.soon(pair.listener.closed()).await;
    assert!(
        matches!(theirs, CloseReason::Remote { code: CODE, .. }),
        "{theirs:?}"
    );
}

/// `Closed` comes once and last, on both sides.
pub async fn the_last_event_is_the_close(lab: &Lab) {
    let pair = lab.connect().await;
    pair.dialer.close(CODE, "");

    for connection in [&pair.dialer, &pair.listener] {
        let mut events = Vec::new();
        while let Some(event) = lab.soon(poll_fn(|cx| connection.poll_event(cx))).await {
            events.push(event);
        }
        let closes = |event: &&ConnectionEvent| matches!(event, ConnectionEvent::Closed(_));
        assert_eq!(events.iter().filter(closes).count(), 1, "{events:?}");
        assert!(matches!(events.last(), Some(ConnectionEvent::Closed(_))));
        let after = lab.soon(poll_fn(|cx| connection.poll_event(cx))).await;
        assert!(after.is_none());
    }
}

/// The peers are told, the listeners end, and the ports are free when `shutdown` returns.
pub async fn a_shutdown_closes_connections_and_listeners(lab: &Lab) {
    let mut pair = lab.connect().await;
    let address = pair.inbound.address();

    lab.soon(pair.listening.shutdown()).await;

    let ended = lab.soon(poll_fn(|cx| pair.inbound.poll_accept(cx))).await;
    assert!(ended.is_none());
    let ours = lab.soon(pair.listener.closed()).await;
    let is_ours = matches!(
        ours,
        CloseReason::Local {
            code: ConnectionCode::SHUTDOWN
        }
    );
    assert!(is_ours, "{ours:?}");
    let theirs = lab.soon(pair.dialer.closed()).await;
    let is_told = matches!(
        theirs,
        CloseReason::Remote {
            code: ConnectionCode::SHUTDOWN,
            ..
        }
    );
    assert!(is_told, "{theirs:?}");
    let again = lab.subject.transport(&lab.bob);
    again
        .listen(address, CountingGate::open())
        .await
        .expect("the port is free again");
}

/// Everything asked of it fails, and says why.
pub async fn a_transport_that_is_shut_down_does_nothing_more(lab: &Lab) {
    let pair = lab.connect().await;
    lab.soon(pair.listening.shutdown()).await;
    lab.soon(pair.listening.shutdown()).await;

    let dialed = pair.listening.dial(Dial::new(pair.inbound.address()));
    let dialed = lab.soon(dialed).await.map(drop);
    let address = lab.subject.listen_on(&lab.bob);
    let listening = pair.listening.listen(address, CountingGate::open());
    let listening = lab.soon(listening).await.map(drop);

    assert!(
        matches!(dialed, Err(DialError::TransportClosed)),
        "{dialed:?}"
    );
    assert!(
        matches!(listening, Err(ListenError::TransportClosed)),
        "{listening:?}"
    );
}

/// Whoever waited for the acknowledgement and then closed has delivered.
pub async fn what_was_acknowledged_before_the_peer_closed_can_still_be_read(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    send(&mut ours, pattern(50_000, 1)).await.unwrap();
    lab.soon(ours.finished()).await.unwrap();

    pair.dialer.close(CODE, "");
    lab.soon(pair.listener.closed()).await;
    lab.settle().await;

    let heard = lab.soon(receive(&mut theirs)).await.unwrap();
    assert!(heard == pattern(50_000, 1));
}

/// The acknowledgement that came before the end of the connection is not taken back by it.
pub async fn what_was_acknowledged_stays_so_when_the_connection_ends(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, _theirs) = lab.streams(&pair).await;
    ours.finish().unwrap();
    lab.settle().await;

    pair.listener.close(CODE, "");
    lab.soon(pair.dialer.closed()).await;

    lab.soon(ours.finished()).await.unwrap();
}

/// Only `close` closes; a stream needs no handle of its connection.
pub async fn a_connection_outlives_its_handles(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    drop((pair.dialer, pair.listener));
    lab.settle().await;
    ours.write_all(b"still here").await.unwrap();

    let mut heard = [0; 10];
    lab.soon(theirs.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"still here");
}

/// Streams, tasks and the permit are gone, even where their owners hold on to the handles.
pub async fn a_closed_connection_leaves_nothing_behind(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, theirs) = lab.streams(&pair).await;
    ours.write_bytes(pattern(100_000, 1)).await.unwrap();
    assert_eq!(pair.gate.held(), 1);

    pair.dialer.close(CODE, "");
    lab.soon(pair.listener.closed()).await;
    drop(pair.permit);
    drop((ours, theirs));
    lab.sleep(Duration::from_secs(60)).await;

    assert_eq!(pair.gate.held(), 0);
    assert_eq!(pair.dialer.stats().open_streams, 0);
    assert_eq!(pair.listener.stats().open_streams, 0);
    lab.soon(pair.dialing.shutdown()).await;
    lab.soon(pair.listening.shutdown()).await;
    drop(pair.inbound);
    lab.settle().await;
    assert!(lab.world().tasks().is_empty(), "{:?}", lab.world().tasks());
    assert_eq!(lab.alice.sockets() + lab.bob.sockets(), 0);
}

/// Returns what the peer reads when a close says "bye".
fn text(lab: &Lab) -> &'static str {
    if lab.subject.wire().closes_with_text {
        "bye"
    } else {
        ""
    }
}

/// Has every kind of wait on `connection`, which is one of the pair's, when the dialer closes.
async fn assert_waits_end(
    lab: &Lab,
    pair: &Pair,
    connection: &Arc<dyn Connection>,
    fits: impl Fn(&CloseReason) -> bool,
) {
    let other = if Arc::ptr_eq(connection, &pair.dialer) {
        &pair.listener
    } else {
        &pair.dialer
    };
    let (ours, _theirs) = lab.streams_from(connection, other).await;
    let (mut reader, mut writer) = ours.split();
    let writing = async {
        loop {
            if let Err(error) = writer.write_all(&[0; 10_000]).await {
                break error;
            }
        }
    };
    // Streams are opened until none is to be had, and kept.
    let opening = async {
        let mut kept = Vec::new();
        loop {
            match connection.open().await {
                Ok(stream) => kept.push(stream),
                Err(reason) => break reason,
            }
        }
    };
    let waits = join5(
        reader.read_bytes(),
        writing,
        opening,
        connection.accept(),
        connection.closed(),
    );
    let closing = async {
        lab.settle().await;
        pair.dialer.close(CODE, "bye");
    };

    let ((read, written, opened, accepted, closed), ()) = lab.soon(join(waits, closing)).await;

    let Err(ReadError::Closed(read)) = read else {
        panic!("{read:?}");
    };
    let WriteError::Closed(written) = written else {
        panic!("{written:?}");
    };
    let Err(accepted) = accepted.map(drop) else {
        panic!("a stream was accepted");
    };
    for reason in [&read, &written, &opened, &accepted, &closed] {
        assert!(fits(reason), "{reason:?}");
    }
    // What is asked later fails in the same way.
    let late = lab.soon(connection.open()).await.map(drop).unwrap_err();
    assert!(fits(&late), "{late:?}");
    let finished = writer.finish().unwrap_err();
    let WriteError::Closed(finished) = finished else {
        panic!("{finished:?}");
    };
    assert!(fits(&finished), "{finished:?}");
}
