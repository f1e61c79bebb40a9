//! Strangers, and peers that behave badly.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sinew_quic::Config;
use sinew_transport::{
    Acceptor, Admission, Attempt, CloseReason, Dial, DialError, Gate, Permit, Phase, ReadError,
    Transport,
};

use crate::fixture::{Host, Pair, accept, in_time, wrap};

/// Looks at nothing that strangers send, and counts how often it was asked.
#[derive(Debug, Default)]
struct Shut {
    asked: AtomicUsize,
}

impl Gate for Shut {
    fn allows(&self, _remote: SocketAddr) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst);
        false
    }

    fn admit(&self, attempt: &Attempt) -> Admission {
        panic!("{attempt:?} was looked at");
    }
}

/// Answers every attempt in the same way, and counts.
#[derive(Debug)]
struct Fixed {
    answer: Answer,
    held: Arc<AtomicUsize>,
    asked: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Accept,
    RetryFirst,
    Refuse,
}

impl Fixed {
    fn new(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            held: Arc::default(),
            asked: AtomicUsize::new(0),
        })
    }

    fn permit(&self) -> Permit {
        let held = self.held.clone();
        held.fetch_add(1, Ordering::SeqCst);
        Permit::new(move || {
            held.fetch_sub(1, Ordering::SeqCst);
        })
    }
}

impl Gate for Fixed {
    fn allows(&self, _remote: SocketAddr) -> bool {
        true
    }

    fn admit(&self, attempt: &Attempt) -> Admission {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.answer {
            Answer::Accept => Admission::Accept(self.permit()),
            Answer::RetryFirst if attempt.validated => Admission::Accept(self.permit()),
            Answer::RetryFirst => Admission::Retry,
            Answer::Refuse => Admission::Refuse,
        }
    }
}

const LOOPBACK: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

#[tokio::test]
async fn a_gate_that_refuses_is_heard_at_once() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let inbound = bob.listen_on(LOOPBACK, Fixed::new(Answer::Refuse)).await;

    let refused = in_time(alice.transport.dial(Dial::new(inbound.address()))).await;

    let Err(DialError::Failed { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(reason, CloseReason::Rejected(_)), "{reason}");
}

#[tokio::test]
async fn a_stranger_whom_the_gate_does_not_allow_hears_nothing() {
    let mut impatient = Config::default();
    impatient.protocol.handshake_timeout = Duration::from_millis(300);
    let (alice, bob) = (Host::with_config(1, impatient), Host::new(2));
    let gate = Arc::new(Shut::default());
    let inbound = bob.listen_on(LOOPBACK, gate.clone()).await;

    let refused = in_time(alice.transport.dial(Dial::new(inbound.address()))).await;

    let Err(DialError::Failed { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
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
    assert!(gate.asked.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn the_gate_is_not_asked_about_a_peer_that_this_side_dials() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let gate = Arc::new(Shut::default());
    let ours = alice.listen_on(LOOPBACK, gate.clone()).await;
    let mut inbound = bob.listen().await;

    let (dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;

    let (accepted, _permit) = accepted.unwrap();
    assert_eq!(dialed.peer(), bob.peer);
    assert_eq!(accepted.remote_address(), ours.address(), "the shared port");
    assert_eq!(gate.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_gate_is_asked_again_once_a_peer_has_answered() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let gate = Arc::new(Shut::default());
    let ours = alice.listen_on(LOOPBACK, gate.clone()).await;
    let mut inbound = bob.listen().await;
    let (_dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;
    let _accepted = accepted.unwrap();

    // From the port that alice dialed, a moment ago.
    let back = bob.transport.dial(Dial::new(ours.address()));
    let back = tokio::spawn(back);

    in_time(async {
        while gate.asked.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    back.abort();
}

#[tokio::test]
async fn a_retry_is_answered_and_the_second_attempt_is_validated() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let gate = Fixed::new(Answer::RetryFirst);
    let mut inbound = bob.listen_on(LOOPBACK, gate.clone()).await;

    let (dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;

    assert_eq!(dialed.peer(), bob.peer);
    assert_eq!(accepted.unwrap().0.peer(), alice.peer);
    assert_eq!(gate.asked.load(Ordering::SeqCst), 2);
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
    assert_eq!(gate.held.load(Ordering::SeqCst), 0);

    let (_dialed, accepted) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;
    let (_connection, permit) = accepted.unwrap();
    assert_eq!(gate.held.load(Ordering::SeqCst), 1);
    drop(permit);
    assert_eq!(gate.held.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_dial_that_is_given_up_before_it_hears_of_its_connection_closes_it() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let gate = Fixed::new(Answer::Accept);
    let mut inbound = bob.listen_on(LOOPBACK, gate.clone()).await;
    let mut dial = alice.transport.dial(Dial::new(inbound.address()));
    assert!(futures_util::FutureExt::now_or_never(&mut dial).is_none());
    in_time(async {
        while gate.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    // The connection exists, and nobody has polled the dial since.
    drop(dial);

    in_time(async {
        if let Ok((connection, _permit)) = accept(&mut *inbound).await {
            connection.closed().await;
        }
    })
    .await;
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
async fn noise_on_the_socket_harms_nobody() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut inbound = bob.listen().await;
    let noise = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = inbound.address().socket_addr().unwrap();
    for len in [0, 1, 4, 5, 20, 1200, 1472] {
        for first in [0x00, 0x40, 0x80, 0xc0, 0xff] {
            let mut datagram = vec![0x5a; len];
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            noise.send_to(&datagram, target).await.unwrap();
        }
    }

    let (dialed, _) =
        in_time(async { tokio::join!(alice.dial(inbound.address()), accept(&mut *inbound)) }).await;

    assert_eq!(dialed.peer(), bob.peer);
}
