//! Strangers who are dialed.

use std::{future::poll_fn, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::join;
use sinew_multiaddr::Address;
use sinew_runtime::{TcpListener, TcpOptions, TcpStream};
use sinew_simnet::{Node, World};
use sinew_tcp::{Config, ProtocolPhase};
use sinew_transport::{CloseReason, Connection, Dial, DialError, Phase, Transport};

use crate::lines::{
    LIMIT, RTT, TLS, all, assert_truncated, assert_violation, listen_to_the_end, noise, say, world,
};

#[test]
fn one_who_stalls_anywhere_is_given_up_when_its_time_is_over() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let stalling = meet(&stranger, async |stream| {
                say(stream, &lines.said).await.unwrap();
                listen_to_the_end(stream).await;
            });

            let ((dialed, took), ()) = join(dial(&world, &victim, &stranger), stalling).await;

            // TCP's handshake comes first, and has a limit of its own.
            assert_eq!(took, RTT + LIMIT);
            let (phase, reason) = failed(dialed);
            assert_eq!(phase, lines.came_to());
            let CloseReason::HandshakeTimedOut { after, phase } = reason else {
                panic!("{reason:?}");
            };
            assert_eq!((after, phase), (LIMIT, lines.came_to()));
            assert_quiet(&world, &victim).await;
        });
    }
}

#[test]
fn one_who_talks_nonsense_is_hung_up_on_at_once_in_the_phase_that_it_came_to() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let talking = meet(&stranger, async |stream| {
                say(stream, &lines.said).await.unwrap();
                say(stream, &noise()).await.unwrap();
                listen_to_the_end(stream).await;
            });

            let ((dialed, took), ()) = join(dial(&world, &victim, &stranger), talking).await;

            assert!(took <= 2 * RTT, "{took:?}");
            let (phase, reason) = failed(dialed);
            assert_eq!(phase, lines.came_to());
            let CloseReason::Violation(cause) = &reason else {
                panic!("{reason:?}");
            };
            assert_violation(cause, lines.phase);
            assert_quiet(&world, &victim).await;
        });
    }
}

#[test]
fn one_who_leaves_is_told_apart_from_one_who_breaks_a_rule() {
    for lines in all() {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let leaving = meet(&stranger, async |stream| {
                say(stream, &lines.said).await.unwrap();
                poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
                listen_to_the_end(stream).await;
            });

            let ((dialed, _), ()) = join(dial(&world, &victim, &stranger), leaving).await;

            let (_, reason) = failed(dialed);
            let CloseReason::Rejected(cause) = &reason else {
                panic!("{reason:?}");
            };
            assert_truncated(cause, lines.phase);
            assert_quiet(&world, &victim).await;
        });
    }
}

#[test]
fn one_who_agrees_to_what_was_not_offered_breaks_a_rule() {
    for answer in [&b"\x0d/secio/1.0.0\n"[..], b"\x07/noise\n", TLS] {
        let (world, stranger, victim) = world();
        world.block_on(async {
            let answering = meet(&stranger, async |stream| {
                let header = b"\x13/multistream/1.0.0\n";
                let said = [&header[..], answer, answer].concat();
                say(stream, &said).await.unwrap();
                listen_to_the_end(stream).await;
            });

            let ((dialed, _), ()) = join(dial(&world, &victim, &stranger), answering).await;

            let (_, reason) = failed(dialed);
            let CloseReason::Violation(cause) = &reason else {
                panic!("{reason:?}");
            };
            // What was offered first is TLS; saying so twice is nonsense within its handshake.
            let phase = if answer == TLS {
                ProtocolPhase::Handshake
            } else {
                ProtocolPhase::Negotiation
            };
            assert_violation(cause, phase);
        });
    }
}

/// Accepts a connection, and behaves as it is told.
async fn meet(node: &Node, behaviour: impl AsyncFnOnce(&mut dyn TcpStream)) {
    let address = SocketAddr::new(node.ipv4(), 4001);
    let mut listener: Box<dyn TcpListener> =
        node.tcp().listen(address, TcpOptions::default()).unwrap();
    let (mut stream, _) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
    behaviour(&mut *stream).await;
}

/// Dials the stranger, and returns what came of it and how long it took.
async fn dial(
    world: &World,
    node: &Node,
    stranger: &Node,
) -> (Result<Arc<dyn Connection>, DialError>, Duration) {
    let begun = world.elapsed();
    let address = Address::tcp((stranger.ipv4(), 4001).into());
    let expected = stranger.keypair().peer_id();
    let transport = node.tcp_transport(Config::default());
    let dialed = transport.dial(Dial::new(address.with_peer(expected))).await;
    let took = world.elapsed() - begun;
    transport.shutdown().await;
    (dialed, took)
}

fn failed(dialed: Result<Arc<dyn Connection>, DialError>) -> (Phase, CloseReason) {
    match dialed {
        Err(DialError::Failed { phase, reason }) => (phase, reason),
        other => panic!("{other:?}"),
    }
}

async fn assert_quiet(world: &World, node: &Node) {
    world.sleep(Duration::from_secs(5)).await;
    assert!(node.tasks().is_empty(), "{:?}", node.tasks());
    assert_eq!(node.sockets(), 0);
}
