//! Connections and sockets end.

use std::{sync::Arc, time::Duration};

use sinew_quic::Config;
use sinew_transport::{
    CloseReason, ConnectionCode, ConnectionEvent, Dial, DialError, OpenGate, ReadError, Transport,
};

use crate::fixture::{Host, Pair, accept, in_time, wrap};

#[tokio::test]
async fn closing_ends_everything_with_the_reason_on_both_sides() {
    let pair = in_time(Pair::connected()).await;
    let (mut ours, mut theirs) = in_time(pair.streams()).await;

    pair.listener.close(ConnectionCode::new(9000), "bye");

    let local = in_time(theirs.read_bytes()).await.unwrap_err();
    assert!(
        matches!(local, ReadError::Closed(CloseReason::Local { code }) if code.get() == 9000),
        "{local}"
    );
    let remote = in_time(ours.read_bytes()).await.unwrap_err();
    let ReadError::Closed(CloseReason::Remote { code, reason }) = remote else {
        panic!("{remote}");
    };
    assert_eq!((code.get(), &*reason), (9000, "bye"));
    assert!(matches!(
        in_time(pair.dialer.closed()).await,
        CloseReason::Remote { .. }
    ));
    assert!(matches!(
        in_time(pair.listener.closed()).await,
        CloseReason::Local { .. }
    ));
    assert!(in_time(pair.dialer.open()).await.is_err());
    assert!(in_time(pair.dialer.accept()).await.is_err());
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
            async {
                while std::future::poll_fn(|cx| dialer.poll_event(cx))
                    .await
                    .is_some()
                {}
            }
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
        while let Some(event) = std::future::poll_fn(|cx| pair.listener.poll_event(cx)).await {
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
    std::net::UdpSocket::bind(address.socket_addr().unwrap()).unwrap();
    let refused = pair.listening.transport.dial(Dial::new(address)).await;
    assert!(
        matches!(refused, Err(DialError::TransportClosed)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_dropped_listener_accepts_no_more_while_its_connections_go_on() {
    let mut config = Config::default();
    config.protocol.handshake_timeout = Duration::from_millis(300);
    let pair = in_time(Pair::with_config(config)).await;
    let address = pair.inbound.address();
    drop(pair.inbound);

    let refused = in_time(Host::new(3).transport.dial(Dial::new(address)));
    // The stranger has the default timeout; its own dial is dropped when the test ends.
    let refused = tokio::time::timeout(Duration::from_millis(500), refused).await;
    assert!(refused.is_err() || refused.unwrap().is_err());

    let mut ours = wrap(in_time(pair.dialer.open()).await.unwrap());
    ours.write_all(b"still").await.unwrap();
    in_time(pair.listener.accept()).await.unwrap();
}

#[test]
fn a_restarted_peer_resets_its_old_connections() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let (first_life, second_life, ours) = (runtime(), runtime(), runtime());
    let mut inbound = first_life.block_on(async { Host::new(2).listen().await });
    let address = inbound.address();
    let (alice, dialer) = ours.block_on(async {
        let alice = Host::new(1);
        let dialer = in_time(alice.dial(address.clone())).await;
        (alice, dialer)
    });
    let _accepted = first_life.block_on(in_time(accept(&mut *inbound))).unwrap();

    // A crash: nobody is told, and all that is left is the key.
    first_life.shutdown_background();
    drop(inbound);
    let _reborn = second_life.block_on(async {
        let bob = Host::new(2);
        let listening = in_time(async {
            loop {
                let again = bob
                    .transport
                    .listen(address.clone(), Arc::new(OpenGate))
                    .await;
                match again {
                    Ok(listening) => break listening,
                    // The old socket is closed by a thread that is shutting down.
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        })
        .await;
        (bob, listening)
    });

    let reason = ours.block_on(in_time(async {
        // A packet that was on its way anyway may have been answered already.
        if let Ok(stream) = dialer.open().await {
            let mut stream = wrap(stream);
            stream.write_all(b"are you there?").await.ok();
        }
        dialer.closed().await
    }));
    assert!(matches!(reason, CloseReason::Reset), "{reason}");
    drop(alice);
}
