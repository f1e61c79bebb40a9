//! Strangers, and peers that behave badly.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::{
    Acceptor, Admission, Attempt, CloseReason, Dial, DialError, Gate, OpenGate, Permit, ReadError,
    Transport,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    fixture::{Host, LOOPBACK, Pair, accept, in_time, only, wrap},
    network::{Failing, host_on},
    relay::Relay,
};

/// Answers every attempt in the same way, and counts.
#[derive(Debug)]
struct Fixed {
    answer: Answer,
    held: Arc<AtomicUsize>,
    asked: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Accept,
    Retry,
    Refuse,
    Ignore,
    NotEvenAsk,
}

impl Fixed {
    fn new(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            held: Arc::default(),
            asked: AtomicUsize::new(0),
        })
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

impl Gate for Fixed {
    fn allows(&self, _remote: SocketAddr) -> bool {
        self.answer != Answer::NotEvenAsk
    }

    fn admit(&self, attempt: &Attempt) -> Admission {
        assert!(attempt.validated, "the kernel has shaken hands");
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.answer {
            Answer::Accept => {
                let held = self.held.clone();
                held.fetch_add(1, Ordering::SeqCst);
                Admission::Accept(Permit::new(move || {
                    held.fetch_sub(1, Ordering::SeqCst);
                }))
            }
            Answer::Retry => Admission::Retry,
            Answer::Refuse => Admission::Refuse,
            Answer::Ignore | Answer::NotEvenAsk => Admission::Ignore,
        }
    }
}

#[tokio::test]
async fn a_gate_that_refuses_is_heard_at_once() {
    for answer in [
        Answer::Refuse,
        Answer::Retry,
        Answer::Ignore,
        Answer::NotEvenAsk,
    ] {
        let (alice, bob) = (Host::new(1), Host::new(2));
        let gate = Fixed::new(answer);
        let inbound = bob.listen_on(LOOPBACK, gate.clone()).await;

        let refused = in_time(alice.transport.dial(Dial::new(inbound.address()))).await;

        let Err(DialError::Failed { reason, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert!(matches!(reason, CloseReason::Rejected(_)), "{reason}");
        let asked = gate.asked.load(Ordering::SeqCst);
        assert_eq!(asked, usize::from(answer != Answer::NotEvenAsk));
    }
}

#[tokio::test]
async fn permits_come_back_when_the_handshake_fails_and_when_the_connection_goes() {
    let (alice, bob, carol) = (Host::new(1), Host::new(2), Host::new(3));
    let gate = Fixed::new(Answer::Accept);
    let mut inbound = bob.listen_on(LOOPBACK, gate.clone()).await;

    let wrong = Dial::new(inbound.address().with_peer(carol.peer));
    let (failed, rejected) =
        in_time(async { tokio::join!(alice.transport.dial(wrong), accept(&mut *inbound)) }).await;
    failed.unwrap_err();
    rejected.unwrap_err();
    assert_eq!(gate.held(), 0);

    let (_dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;
    let (_connection, permit) = accepted.unwrap();
    assert_eq!(gate.held(), 1);
    drop(permit);
    assert_eq!(gate.held(), 0);
}

#[tokio::test]
async fn a_stranger_who_says_nothing_is_dropped_and_its_permit_comes_back() {
    let mut config = Config::default();
    config.protocol.handshake_timeout = Duration::from_millis(50);
    let bob = Host::with_config(2, config);
    let gate = Fixed::new(Answer::Accept);
    let mut inbound = bob.listen_on(LOOPBACK, gate.clone()).await;
    let target = inbound.address().socket_addr().unwrap();

    let mut stranger = tokio::net::TcpStream::connect(target).await.unwrap();

    let failure = in_time(accept(&mut *inbound)).await.unwrap_err();
    assert_eq!(failure.remote, stranger.local_addr().unwrap());
    assert!(
        matches!(failure.reason, CloseReason::HandshakeTimedOut { .. }),
        "{failure:?}"
    );
    assert_eq!(gate.held(), 0);
    let mut rest = Vec::new();
    in_time(stranger.read_to_end(&mut rest)).await.ok();
}

#[tokio::test]
async fn a_stranger_who_speaks_nonsense_is_told_so_and_hung_up_on() {
    let bob = Host::new(2);
    let mut inbound = bob.listen().await;
    let target = inbound.address().socket_addr().unwrap();

    let http = b"GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: lost\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    for nonsense in [&http[..], &[0xff; 4096], &[0; 64]] {
        let mut stranger = tokio::net::TcpStream::connect(target).await.unwrap();
        stranger.write_all(nonsense).await.unwrap();

        let failure = in_time(accept(&mut *inbound)).await.unwrap_err();
        assert!(
            matches!(failure.reason, CloseReason::Violation(_)),
            "{failure:?}"
        );
        let mut rest = Vec::new();
        in_time(stranger.read_to_end(&mut rest)).await.ok();
    }
}

#[tokio::test]
async fn a_stranger_who_leaves_in_the_handshake_is_reported_and_forgotten() {
    let bob = Host::new(2);
    let gate = Fixed::new(Answer::Accept);
    let mut inbound = bob.listen_on(LOOPBACK, gate.clone()).await;
    let target = inbound.address().socket_addr().unwrap();

    let mut stranger = tokio::net::TcpStream::connect(target).await.unwrap();
    stranger
        .write_all(b"\x13/multistream/1.0.0\n")
        .await
        .unwrap();
    drop(stranger);

    let failure = in_time(accept(&mut *inbound)).await.unwrap_err();
    assert!(
        matches!(failure.reason, CloseReason::Rejected(_)),
        "{failure:?}"
    );
    assert_eq!(gate.held(), 0);
}

#[tokio::test]
async fn handshakes_in_progress_are_bounded() {
    let mut config = Config::default();
    config.max_handshaking = 3;
    let (alice, bob) = (Host::new(1), Host::with_config(2, config));
    let gate = Fixed::new(Answer::Accept);
    let inbound = bob.listen_on(LOOPBACK, gate.clone()).await;
    let target = inbound.address().socket_addr().unwrap();
    let mut strangers = Vec::new();
    for _ in 0..3 {
        strangers.push(tokio::net::TcpStream::connect(target).await.unwrap());
    }
    in_time(async {
        while gate.held() < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let refused = in_time(alice.transport.dial(Dial::new(inbound.address()))).await;
    refused.unwrap_err();
    assert_eq!(gate.asked.load(Ordering::SeqCst), 3);

    drop(strangers);
    in_time(async {
        while alice
            .transport
            .dial(Dial::new(inbound.address()))
            .await
            .is_err()
        {}
    })
    .await;
}

#[tokio::test]
async fn connections_that_nobody_takes_are_bounded() {
    let mut config = Config::default();
    config.max_unaccepted = 1;
    let (alice, bob) = (Host::new(1), Host::with_config(2, config));
    let inbound = bob.listen().await;

    let first = in_time(alice.dial(inbound.address())).await;
    let second = in_time(alice.dial(inbound.address())).await;

    let reason = in_time(second.closed()).await;
    assert!(matches!(reason, CloseReason::Remote { .. }), "{reason}");
    assert!(futures_util::FutureExt::now_or_never(first.closed()).is_none());
}

#[tokio::test]
async fn a_listener_outlives_a_process_that_is_out_of_descriptors() {
    // The last comes first.
    let errors = vec![
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::Other,
        io::ErrorKind::OutOfMemory,
        io::ErrorKind::ConnectionReset,
    ];
    let bob = host_on(Failing { errors }, Config::default());
    let listening = bob.listen(LOOPBACK.parse().unwrap(), Arc::new(OpenGate));
    let mut inbound = listening.await.unwrap();
    let alice = Host::new(1);

    let (_dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;

    assert_eq!(accepted.unwrap().0.peer(), alice.peer);
}

#[tokio::test]
async fn an_acceptor_that_panics_resets_the_stream_and_harms_nothing_else() {
    let pair = in_time(Pair::connected()).await;
    pair.listener
        .set_acceptor(Acceptor::new(|_stream| panic!("an acceptor's own fault")));

    for _ in 0..2 {
        let mut stream = wrap(in_time(pair.dialer.open()).await.unwrap());
        stream.write_all(b"hello").await.unwrap();
        let error = in_time(stream.read_bytes()).await.unwrap_err();
        assert!(matches!(error, ReadError::Reset(_)), "{error}");
    }
}

#[tokio::test]
async fn a_peer_that_goes_silent_is_found_out() {
    for security in SecurityProtocol::ALL {
        let mut config = only(security);
        config.protocol.yamux.keep_alive = Some(Duration::from_millis(50));
        config.protocol.yamux.ping_timeout = Duration::from_millis(100);
        let (alice, bob) = (Host::with_config(1, config), Host::new(2));
        let mut inbound = bob.listen().await;
        let relay = Relay::to(inbound.address()).await;
        let (dialed, _accepted) =
            in_time(async { tokio::join!(alice.dial(relay.address()), accept(&mut *inbound)) })
                .await;

        relay.silence();

        let reason = in_time(dialed.closed()).await;
        assert!(matches!(reason, CloseReason::TimedOut { .. }), "{reason}");
    }
}
