//! Strangers who dial.

use std::{
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join;
use sinew_multiaddr::Address;
use sinew_runtime::{TcpOptions, TcpStream};
use sinew_simnet::{Node, World};
use sinew_tcp::{Config, TcpTransport};
use sinew_transport::{
    Admission, Attempt, CloseReason, Gate, InboundFailure, Listener, Permit, Transport,
};

use crate::lines::{
    LIMIT, RTT, all, assert_truncated, assert_violation, listen_to_the_end, noise, say, world,
};

#[test]
fn one_who_stalls_anywhere_is_dropped_when_its_time_is_over() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let mut bob = Victim::listen(&victim).await;
            let mut stream = bob.meet(&stranger).await;
            // The last of TCP's handshake is half a round trip away.
            let begun = world.elapsed() + RTT / 2;
            say(&mut *stream, &lines.said).await.unwrap();

            let failure = bob.failure().await;

            assert_eq!(world.elapsed() - begun, LIMIT);
            let CloseReason::HandshakeTimedOut { after, phase } = failure.reason else {
                panic!("{failure:?}");
            };
            assert_eq!((after, phase), (LIMIT, lines.came_to()));
            listen_to_the_end(&mut *stream).await;
            drop(stream);
            bob.assert_quiet(&world).await;
        });
    }
}

#[test]
fn one_who_says_a_byte_a_second_has_no_more_time_than_others() {
    let (world, stranger, victim) = world();
    world.block_on(async {
        let mut bob = Victim::listen(&victim).await;
        let mut stream = bob.meet(&stranger).await;
        let begun = world.elapsed() + RTT / 2;
        let lines = all().pop().unwrap();
        let trickling = async {
            for byte in lines.said {
                if say(&mut *stream, &[byte]).await.is_err() {
                    break;
                }
                world.sleep(Duration::from_secs(1)).await;
            }
        };
        let failing = async {
            let failure = bob.failure().await;
            assert_eq!(world.elapsed() - begun, LIMIT);
            failure
        };

        let (failure, ()) = join(failing, trickling).await;

        assert!(
            matches!(failure.reason, CloseReason::HandshakeTimedOut { .. }),
            "{failure:?}"
        );
        drop(stream);
        bob.assert_quiet(&world).await;
    });
}

#[test]
fn one_who_talks_nonsense_is_hung_up_on_at_once_in_the_phase_that_it_came_to() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let mut bob = Victim::listen(&victim).await;
            let mut stream = bob.meet(&stranger).await;
            say(&mut *stream, &lines.said).await.unwrap();
            let begun = world.elapsed();
            say(&mut *stream, &noise()).await.unwrap();

            let failure = bob.failure().await;

            assert!(world.elapsed() - begun <= RTT);
            let CloseReason::Violation(cause) = &failure.reason else {
                panic!("{failure:?}");
            };
            assert_violation(cause, lines.phase);
            listen_to_the_end(&mut *stream).await;
            drop(stream);
            bob.assert_quiet(&world).await;
        });
    }
}

#[test]
fn one_who_leaves_is_told_apart_from_one_who_breaks_a_rule() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let mut bob = Victim::listen(&victim).await;
            let mut stream = bob.meet(&stranger).await;
            say(&mut *stream, &lines.said).await.unwrap();
            poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();

            let failure = bob.failure().await;

            let CloseReason::Rejected(cause) = &failure.reason else {
                panic!("{failure:?}");
            };
            assert_truncated(cause, lines.phase);
            listen_to_the_end(&mut *stream).await;
            drop(stream);
            bob.assert_quiet(&world).await;
        });
    }
}

/// Somebody who listens, and counts the permits that are out.
struct Victim {
    node: Node,
    transport: TcpTransport,
    inbound: Box<dyn Listener>,
    permits: Arc<Permits>,
}

#[derive(Debug, Default)]
pub(crate) struct Permits(Arc<AtomicUsize>);

impl Permits {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Victim {
    async fn listen(node: &Node) -> Self {
        let transport = node.tcp_transport(Config::default());
        let permits = Arc::<Permits>::default();
        let address = Address::tcp((node.ipv4(), 4001).into());
        let inbound = transport.listen(address, permits.clone()).await.unwrap();
        Self {
            node: node.clone(),
            transport,
            inbound,
            permits,
        }
    }

    async fn meet(&self, stranger: &Node) -> Box<dyn TcpStream> {
        let address = SocketAddr::new(self.node.ipv4(), 4001);
        let connecting = stranger.tcp().connect(address, TcpOptions::default());
        connecting.await.unwrap()
    }

    async fn failure(&mut self) -> InboundFailure {
        let accepted = poll_fn(|cx| self.inbound.poll_accept(cx)).await;
        accepted.unwrap().map(drop).unwrap_err()
    }

    /// Asserts that nothing is left, after a while.
    async fn assert_quiet(self, world: &World) {
        assert_eq!(self.permits.count(), 0);
        world.sleep(Duration::from_secs(5)).await;
        assert_eq!(self.node.sockets(), 1, "the one that listens");
        assert_eq!(self.node.tasks(), ["tcp listener"]);
        self.transport.shutdown().await;
    }
}

impl Gate for Permits {
    fn admit(&self, _attempt: &Attempt) -> Admission {
        let held = self.0.clone();
        held.fetch_add(1, Ordering::Relaxed);
        Admission::Accept(Permit::new(move || {
            held.fetch_sub(1, Ordering::Relaxed);
        }))
    }
}
