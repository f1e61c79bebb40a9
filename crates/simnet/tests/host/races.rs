//! QUIC and TCP of one peer, dialed in a race over networks that let one of them through, or neither.

use std::time::Duration;

use futures_util::future::{join, join_all};
use sinew::{
    Address, CloseReason, Config, ConnectError, DialError, DialFailure, Host, Phase, StreamCode,
};
use sinew_simnet::{Cut, Node, Protocol};

use crate::fixture::{RTT, apart, echo, quic_at, start_with, tcp_at};

/// How long TCP waits for QUIC, where there is one family.
const HEAD_START: Duration = Duration::from_millis(250);

/// TCP's own handshake, what is spoken, and that handshake; see `round_trips.rs`.
const TCP_HANDSHAKE: Duration = Duration::from_millis(3 * 50);

#[test]
fn quic_that_answers_in_time_wins_and_tcp_is_not_even_dialed() {
    let (world, alice, bob) = apart();
    world.block_on(async {
        let (ours, theirs) = both(&alice, &bob).await;

        connect(&ours, &theirs, [quic_at(&bob), tcp_at(&bob)])
            .await
            .unwrap();

        assert_eq!(world.elapsed(), RTT);
        assert_eq!(connected_over(&ours), ["quic"]);
        // Those that listen; QUIC's is for everything.
        assert_eq!(bob.sockets(), 2);
    });
}

#[test]
fn where_udp_is_swallowed_tcp_connects_after_its_delay_and_its_handshake() {
    let (world, alice, bob) = apart();
    let cut = world.cut(Cut::everything().protocol(Protocol::Udp));
    world.block_on(async {
        let (ours, theirs) = both(&alice, &bob).await;

        connect(&ours, &theirs, [quic_at(&bob), tcp_at(&bob)])
            .await
            .unwrap();

        assert_eq!(world.elapsed(), HEAD_START + TCP_HANDSHAKE);
        assert_eq!(connected_over(&ours), ["tcp"]);
        let peer = theirs.peer_id();
        assert_eq!(echo(&ours, peer, b"over TCP").await, b"over TCP");
        // The dial over QUIC was given up; that UDP works again changes nothing.
        world.lift(cut);
        world.sleep(Duration::from_secs(60)).await;
        assert_eq!(connected_over(&ours), ["tcp"]);
        assert_eq!(theirs.connections().len(), 1);
        assert_eq!((alice.sockets(), bob.sockets()), (1, 3));
    });
}

#[test]
fn the_delay_is_the_one_that_was_configured() {
    let (world, alice, bob) = apart();
    world.cut(Cut::everything().protocol(Protocol::Udp));
    world.block_on(async {
        let mut config = Config::default();
        config.dial_delays.public.tcp = Duration::from_millis(70);
        let ours = start_with(alice.host().config(config), []).await;
        let theirs = listening(&bob).await;

        connect(&ours, &theirs, [quic_at(&bob), tcp_at(&bob)])
            .await
            .unwrap();

        assert_eq!(world.elapsed(), Duration::from_millis(70) + TCP_HANDSHAKE);
    });
}

#[test]
fn addresses_of_both_families_that_are_swallowed_cost_both_delays() {
    let (world, alice, bob) = apart();
    world.cut(Cut::everything().protocol(Protocol::Udp));
    world.block_on(async {
        let (ours, theirs) = both(&alice, &bob).await;
        let v6 = Address::quic((bob.ipv6(), 4001).into());

        connect(&ours, &theirs, [tcp_at(&bob), quic_at(&bob), v6])
            .await
            .unwrap();

        assert_eq!(world.elapsed(), 2 * HEAD_START + TCP_HANDSHAKE);
    });
}

#[test]
fn the_loser_of_a_race_is_closed_and_its_peer_keeps_one_connection() {
    let (world, alice, bob) = apart();
    let cut = world.cut(Cut::everything().protocol(Protocol::Udp));
    world.block_on(async {
        // QUIC asks again after about a second, when TCP is in the middle of its handshake.
        let mut config = Config::default();
        config.dial_delays.public.tcp = Duration::from_millis(930);
        let ours = start_with(alice.host().config(config), []).await;
        let theirs = listening(&bob).await;
        let tasks = world.tasks();
        let lifting = async {
            world.sleep(Duration::from_millis(900)).await;
            world.lift(cut);
        };

        let connecting = connect(&ours, &theirs, [quic_at(&bob), tcp_at(&bob)]);
        let (connected, ()) = join(connecting, lifting).await;
        connected.unwrap();
        assert_eq!(connected_over(&ours), ["quic"]);
        assert_eq!(bob.sockets(), 3, "two that listen, and the loser");
        world.sleep(Duration::from_secs(60)).await;

        assert_eq!(connected_over(&ours), ["quic"]);
        assert_eq!(theirs.connections().len(), 1);
        assert_eq!((alice.sockets(), bob.sockets()), (1, 2));
        let is_new = |task: &(String, &str)| !tasks.contains(task);
        let left: Vec<_> = world.tasks().into_iter().filter(is_new).collect();
        let is_tcp = |(_, name): &(String, &str)| name.starts_with("tcp");
        assert!(!left.iter().any(is_tcp), "{left:?}");
    });
}

#[test]
fn when_everything_is_swallowed_each_failure_is_kept() {
    let (world, alice, bob) = apart();
    world.block_on(async {
        let (ours, theirs) = both(&alice, &bob).await;
        world.cut(Cut::everything());

        let error = connect(&ours, &theirs, [quic_at(&bob), tcp_at(&bob)])
            .await
            .unwrap_err();

        // TCP began later and gives up sooner.
        let expected = [(tcp_at(&bob), 5), (quic_at(&bob), 10)];
        let failures: Vec<_> = failures(&error).collect();
        assert_eq!(failures.len(), expected.len());
        for ((address, error), (dialed, seconds)) in failures.into_iter().zip(expected) {
            assert_eq!(address.clone().without_peer(), dialed);
            let DialFailure::Transport(DialError::Failed { phase, reason }) = error else {
                panic!("{error:?}");
            };
            assert_eq!(*phase, Phase::Contact);
            let CloseReason::HandshakeTimedOut { after, phase } = reason else {
                panic!("{reason:?}");
            };
            assert_eq!(
                (*after, *phase),
                (Duration::from_secs(seconds), Phase::Contact)
            );
        }
        assert!(ours.connections().is_empty());
        world.sleep(Duration::from_secs(60)).await;
        assert_eq!(alice.sockets(), 0);
    });
}

#[test]
fn a_refusal_over_tcp_is_kept_beside_the_silence_of_quic() {
    let (world, alice, bob) = apart();
    world.cut(Cut::everything().protocol(Protocol::Udp));
    world.block_on(async {
        let ours = start_with(alice.host(), []).await;
        let peer = bob.keypair().peer_id();

        let error = ours
            .connect_peer(peer, [quic_at(&bob), tcp_at(&bob)])
            .await
            .unwrap_err();

        let failures: Vec<_> = failures(&error).map(|(_, error)| error).collect();
        let refused =
            |it: &&DialFailure| matches!(it, DialFailure::Transport(DialError::Refused { .. }));
        let silent = |it: &&DialFailure| {
            matches!(
                it,
                DialFailure::Transport(DialError::Failed {
                    phase: Phase::Contact,
                    ..
                })
            )
        };
        let [first, second] = &failures[..] else {
            panic!("{failures:?}");
        };
        assert!(refused(first), "{first:?}");
        assert!(silent(second), "{second:?}");
        // A refusal does not end the race.
        assert_eq!(world.elapsed(), Duration::from_secs(10));
    });
}

#[test]
fn two_hosts_that_dial_each_other_over_tcp_at_once_are_both_connected() {
    let (world, alice, bob) = apart();
    world.block_on(async {
        let ours = start_with(alice.host(), [tcp_at(&alice)]).await;
        let theirs = start_with(bob.host(), [tcp_at(&bob)]).await;

        // Their packets cross, and make one connection of two.
        let (forth, back) = join(
            connect(&ours, &theirs, [tcp_at(&bob)]),
            connect(&theirs, &ours, [tcp_at(&alice)]),
        )
        .await;

        let (bob, alice) = (forth.unwrap(), back.unwrap());
        assert_eq!(echo(&ours, bob, b"forth").await, b"forth");
        assert_eq!(echo(&theirs, alice, b"back").await, b"back");
    });
}

#[test]
fn one_of_two_that_dial_each_other_at_once_gives_up_at_any_moment_and_the_other_is_connected() {
    for give_up_after in (0..250).step_by(5).map(Duration::from_millis) {
        let (world, alice, bob) = apart();
        world.block_on(async {
            let ours = start_with(alice.host(), [tcp_at(&alice)]).await;
            let theirs = start_with(bob.host(), [tcp_at(&bob)]).await;

            let giving_up = connect(&theirs, &ours, [tcp_at(&alice)]);
            let (connected, _) = join(
                connect(&ours, &theirs, [tcp_at(&bob)]),
                world.timeout(give_up_after, giving_up),
            )
            .await;

            let bob = connected.unwrap_or_else(|error| panic!("{give_up_after:?}: {error}"));
            assert_eq!(echo(&ours, bob, b"forth").await, b"forth");
        });
    }
}

#[test]
fn programs_notice_no_difference_between_quic_and_tcp() {
    for blocked in [None, Some(Protocol::Udp)] {
        let (world, alice, bob) = apart();
        if let Some(protocol) = blocked {
            world.cut(Cut::everything().protocol(protocol));
        }
        world.block_on(async {
            let (ours, theirs) = both(&alice, &bob).await;
            let addresses = [quic_at(&bob), tcp_at(&bob)];
            let peer = connect(&ours, &theirs, addresses).await.unwrap();

            let said: Vec<_> = (0..100u8).map(|number| vec![number; 3000]).collect();
            let heard = said.iter().map(|said| echo(&ours, peer, said));
            assert_eq!(join_all(heard).await, said);

            let mut stream = ours.open_stream(peer, "/echo/1").await.unwrap();
            stream.write_all(b"half").await.unwrap();
            stream.reset(StreamCode::new(7));
            let mut unknown = ours.open_stream(peer, "/unknown/1").await.unwrap();
            unknown.read_bytes().await.unwrap_err();
            assert_eq!(ours.disconnect(peer), 1);
            world.sleep(Duration::from_secs(5)).await;
            assert!(theirs.connections().is_empty());
        });
    }
}

async fn both(alice: &Node, bob: &Node) -> (Host, Host) {
    (start_with(alice.host(), []).await, listening(bob).await)
}

/// Listens at an address of each kind.
async fn listening(node: &Node) -> Host {
    start_with(node.host(), [quic_at(node), tcp_at(node)]).await
}

async fn connect<const N: usize>(
    ours: &Host,
    theirs: &Host,
    addresses: [Address; N],
) -> Result<sinew::PeerId, ConnectError> {
    let peer = theirs.peer_id();
    ours.connect_peer(peer, addresses).await?;
    Ok(peer)
}

fn connected_over(host: &Host) -> Vec<&'static str> {
    let muxer = |muxer| if muxer == "quic" { "quic" } else { "tcp" };
    let connections = host.connections().into_iter();
    connections.map(|it| muxer(it.security.muxer)).collect()
}

fn failures(error: &ConnectError) -> impl Iterator<Item = (&Address, &DialFailure)> {
    let ConnectError::AllFailed(all) = error else {
        panic!("{error:?}");
    };
    all.attempts.iter().map(|it| (&it.address, &it.error))
}
