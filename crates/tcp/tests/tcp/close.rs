//! Connections and sockets end.

use std::future::poll_fn;

use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::{
    Acceptor, CloseReason, ConnectionCode, ConnectionEvent, Dial, DialError, ReadError, Transport,
    WriteError,
};

use crate::{
    fixture::{Host, Pair, accept, in_time, only, until_no_task_is_left, wrap},
    relay::Relay,
};

#[tokio::test]
async fn closing_ends_everything_with_the_reason_on_both_sides() {
    for security in SecurityProtocol::ALL {
        let pair = in_time(Pair::with_config(only(security))).await;
        let (mut ours, mut theirs) = in_time(pair.streams()).await;

        pair.listener.close(ConnectionCode::new(9000), "bye");

        let local = in_time(theirs.read_bytes()).await.unwrap_err();
        assert!(
            matches!(local, ReadError::Closed(CloseReason::Local { code }) if code.get() == 9000),
            "{local}"
        );
        let remote = in_time(ours.read_bytes()).await.unwrap_err();
        assert!(
            matches!(&remote, ReadError::Closed(CloseReason::Remote { code, .. }) if code.get() == 9000),
            "{remote:?}"
        );
        let remote = in_time(pair.dialer.closed()).await;
        assert!(matches!(remote, CloseReason::Remote { .. }), "{remote}");
        let local = in_time(pair.listener.closed()).await;
        assert!(matches!(local, CloseReason::Local { .. }), "{local}");
        assert!(in_time(pair.dialer.open()).await.is_err());
        assert!(in_time(pair.dialer.accept()).await.is_err());
        let late = ours.write_all(b"x").await.unwrap_err();
        assert!(matches!(late, WriteError::Closed(_)), "{late}");
    }
}

#[tokio::test]
async fn the_reason_arrives_even_while_the_other_side_sends() {
    for security in SecurityProtocol::ALL {
        let pair = in_time(Pair::with_config(only(security))).await;
        let (ours, _theirs) = in_time(pair.streams()).await;
        let (_read, mut write) = ours.split();
        let writing = tokio::spawn(async move {
            let chunk = vec![7; 64 << 10];
            while write.write_all(&chunk).await.is_ok() {}
        });
        tokio::task::yield_now().await;

        pair.listener.close(ConnectionCode::new(9001), "");

        let reason = in_time(pair.dialer.closed()).await;
        assert!(
            matches!(reason, CloseReason::Remote { code, .. } if code.get() == 9001),
            "{reason}"
        );
        in_time(writing).await.unwrap();
    }
}

#[tokio::test]
async fn every_wait_learns_of_the_end() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, _theirs) = in_time(pair.streams()).await;
    let dialer = pair.dialer.clone();
    let waits = tokio::spawn(async move {
        tokio::join!(
            async { ours.read_bytes().await.unwrap_err() },
            async { dialer.accept().await.map(drop).unwrap_err() },
            dialer.closed(),
            async { while poll_fn(|cx| dialer.poll_event(cx)).await.is_some() {} }
        )
    });
    tokio::task::yield_now().await;

    pair.listener.close(ConnectionCode::NO_ERROR, "");

    in_time(waits).await.unwrap();
}

#[tokio::test]
async fn events_end_with_the_close() {
    let pair = in_time(Pair::connected()).await;
    pair.dialer.close(ConnectionCode::NO_ERROR, "");

    let mut last = None;
    in_time(async {
        while let Some(event) = poll_fn(|cx| pair.listener.poll_event(cx)).await {
            last = Some(event);
        }
    })
    .await;

    assert!(
        matches!(
            last,
            Some(ConnectionEvent::Closed(CloseReason::Remote { .. }))
        ),
        "{last:?}"
    );
}

#[tokio::test]
async fn a_closed_connection_leaves_no_task() {
    let pair = in_time(Pair::connected()).await;
    let _streams = in_time(pair.streams()).await;
    let Pair {
        dialer,
        listener,
        inbound,
        ..
    } = pair;

    dialer.close(ConnectionCode::NO_ERROR, "");
    in_time(listener.closed()).await;
    drop(inbound);

    until_no_task_is_left().await;
}

#[tokio::test]
async fn a_shutdown_tells_the_peers_and_frees_the_port() {
    let pair = in_time(Pair::connected()).await;
    let address = pair.inbound.address();

    in_time(pair.listening.transport.shutdown()).await;

    let reason = in_time(pair.dialer.closed()).await;
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
    let nobody = std::net::TcpStream::connect(address.socket_addr().unwrap()).unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::ConnectionRefused);
    let refused = pair.listening.transport.dial(Dial::new(address)).await;
    assert!(
        matches!(refused, Err(DialError::TransportClosed)),
        "{refused:?}"
    );
    // A second one has nothing left to do.
    in_time(pair.listening.transport.shutdown()).await;
}

#[tokio::test]
async fn a_dropped_listener_accepts_no_more_while_its_connections_go_on() {
    let pair = in_time(Pair::connected()).await;
    let address = pair.inbound.address();
    drop(pair.inbound);

    let stranger = Host::new(3);
    let refused = in_time(async {
        // The task that accepts has to hear of it first.
        loop {
            let dialed = stranger.transport.dial(Dial::new(address.clone())).await;
            if let Err(error @ DialError::Refused { .. }) = dialed {
                break error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(matches!(refused, DialError::Refused { .. }), "{refused}");

    let mut ours = wrap(in_time(pair.dialer.open()).await.unwrap());
    ours.write_all(b"still").await.unwrap();
    in_time(pair.listener.accept()).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_hangs_up_between_two_messages_has_closed_the_connection() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut inbound = bob.listen().await;
    let relay = Relay::to(inbound.address()).await;
    let (dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(relay.address()), accept(&mut *inbound)) }).await;
    let _accepted = accepted.unwrap();
    // All that the handshake brings is here once the dialer is confirmed.
    in_time(poll_fn(|cx| dialed.poll_event(cx))).await;

    relay.hang_up();

    let reason = in_time(dialed.closed()).await;
    assert!(
        matches!(
            reason,
            CloseReason::Remote {
                code: ConnectionCode::NO_ERROR,
                ..
            } | CloseReason::Reset
        ),
        "{reason}"
    );
}

#[tokio::test]
async fn a_connection_that_is_cut_in_a_message_was_reset() {
    for security in SecurityProtocol::ALL {
        let (alice, bob) = (
            Host::with_config(1, only(security)),
            Host::with_config(2, only(security)),
        );
        let mut inbound = bob.listen().await;
        let relay = Relay::to(inbound.address()).await;
        let (dialed, accepted) =
            in_time(async { tokio::join!(alice.dial(relay.address()), accept(&mut *inbound)) })
                .await;
        let (accepted, _permit) = accepted.unwrap();
        let mut ours = wrap(dialed.open().await.unwrap());
        ours.write_all(b"?").await.unwrap();
        let mut theirs = wrap(in_time(accepted.accept()).await.unwrap());
        in_time(poll_fn(|cx| dialed.poll_event(cx))).await;

        relay.cut_after(100);
        theirs.write_all(&[7; 10_000]).await.unwrap();

        let reason = in_time(dialed.closed()).await;
        assert!(matches!(reason, CloseReason::Reset), "{reason}");
        let error = in_time(ours.read_bytes()).await.unwrap_err();
        assert!(
            matches!(error, ReadError::Closed(CloseReason::Reset)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_handler_outlives_its_connection() {
    let pair = in_time(Pair::connected()).await;
    let (done, waiting) = tokio::sync::oneshot::channel();
    let (go, may_go) = tokio::sync::oneshot::channel::<()>();
    let channels = std::sync::Mutex::new(Some((done, may_go)));
    pair.listener.set_acceptor(Acceptor::new(move |io| {
        let channels = channels.lock().unwrap().take();
        Box::pin(async move {
            let mut stream = wrap(io);
            let (done, may_go) = channels.unwrap();
            stream.read_to_end(64).await.unwrap_err();
            may_go.await.unwrap();
            done.send(()).unwrap();
        })
    }));
    let mut ours = wrap(pair.dialer.open().await.unwrap());
    ours.write_all(b"!").await.unwrap();
    in_time(async {
        while pair.listener.stats().open_streams == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    pair.dialer.close(ConnectionCode::NO_ERROR, "");
    in_time(pair.listener.closed()).await;
    go.send(()).unwrap();

    in_time(waiting).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_ends_dials_that_nobody_answers() {
    let host = crate::network::host_on(crate::network::Never, Config::default());
    let dial = host.dial(Dial::new("/ip4/192.0.2.7/tcp/1".parse().unwrap()));
    let dialing = tokio::spawn(dial);
    tokio::task::yield_now().await;

    in_time(host.shutdown()).await;

    let dialed = in_time(dialing).await.unwrap();
    assert!(matches!(dialed, Err(DialError::TransportClosed)));
}
