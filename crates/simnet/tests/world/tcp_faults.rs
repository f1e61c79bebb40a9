//! TCP connections on a network that does not work, or a node that does not.

use std::{io, net::SocketAddr, time::Duration};

use sinew_runtime::{TcpListener, TcpOptions};
use sinew_simnet::{Cut, Link, Loss, Protocol};
use sinew_testkit::each_seed;

use crate::tcp::{
    accept, apart, connect, connected, listen, read, read_to_end, shutdown, write_all,
};

const LEN: usize = 2 << 20;

#[test]
fn everything_arrives_in_order_whatever_the_network_does() {
    each_seed(8, |seed| {
        let world = sinew_simnet::World::new(seed);
        let (alice, bob) = (world.node("alice"), world.node("bob"));
        world.set_default_link(Link {
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(5),
            bandwidth: Some(50_000_000),
            loss: 0.02,
            duplication: 0.02,
            reordering: 0.02,
            corruption: 0.01,
            ..Link::default()
        });
        let sent: Vec<u8> = (0..LEN).map(|index| (index / 7) as u8).collect();

        let received = world.block_on(async {
            let (mut ours, mut theirs) = connected(&alice, &bob).await;
            let sending = async {
                write_all(&mut ours, &sent).await.unwrap();
                shutdown(&mut ours).await.unwrap();
            };
            futures_util::future::join(sending, read_to_end(&mut theirs))
                .await
                .1
        });

        assert!(received.unwrap() == sent);
        assert!(world.traffic().lost[&Loss::Chance] > 0);
        assert!(world.traffic().lost[&Loss::Corrupt] > 0);
    });
}

#[test]
fn what_a_program_dropped_does_not_wait_for_ever_for_a_peer_that_vanished() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (ours, _theirs) = connected(&alice, &bob).await;
        drop(ours);
        // Until the peer's kernel has acknowledged the end.
        world.sleep(Duration::from_secs(1)).await;
        bob.crash();
    });
    assert_eq!(alice.sockets(), 1);
    world.run_for(Duration::from_secs(60));

    assert_eq!(alice.sockets(), 0);
}

#[test]
fn loss_costs_as_much_as_the_formula_of_mathis_says() {
    for loss in [0.002, 0.01] {
        let (world, alice, bob) = apart();
        world.set_default_link(Link {
            delay: Duration::from_millis(25),
            loss,
            ..Link::default()
        });
        let len = 8 << 20;

        world.block_on(async {
            let (mut ours, mut theirs) = connected(&alice, &bob).await;
            let sending = async {
                write_all(&mut ours, &vec![1; len]).await.unwrap();
                shutdown(&mut ours).await.unwrap();
            };
            let (_, received) = futures_util::future::join(sending, read_to_end(&mut theirs)).await;
            assert_eq!(received.unwrap().len(), len);
        });

        let rate = len as f64 / world.elapsed().as_secs_f64();
        // Segment size over round-trip time, times 1.22 over the root of the loss.
        let expected = 1448.0 / 0.05 * 1.22 / f64::sqrt(loss);
        let ratio = rate / expected;
        assert!((0.6..1.6).contains(&ratio), "{ratio} at {loss}");
    }
}

#[test]
fn a_connection_attempt_into_a_black_hole_times_out_after_two_minutes() {
    let (world, alice, bob) = apart();
    let listener = listen(&bob, 80);
    world.cut(Cut::everything().protocol(Protocol::Tcp));

    let error = world.block_on(connect(&alice, &*listener)).unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(world.elapsed(), Duration::from_secs(127));
}

#[test]
fn a_lost_first_packet_costs_a_second() {
    let (world, alice, bob) = apart();
    let listener = listen(&bob, 80);
    let cut = world.cut(Cut::everything());

    world.block_on(async {
        let connecting = connect(&alice, &*listener);
        let lifting = async {
            world.sleep(Duration::from_millis(500)).await;
            world.lift(cut);
        };
        let (connected, ()) = futures_util::future::join(connecting, lifting).await;
        connected.unwrap();
    });

    assert_eq!(world.elapsed(), Duration::from_millis(1_100));
}

#[test]
fn a_small_segment_that_was_lost_is_sent_again_when_three_small_ones_overtook_it() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        let cut = world.cut(Cut::between([&alice], [&bob]));
        write_all(&mut ours, b"1").await.unwrap();
        world.lift(cut);
        let start = world.elapsed();
        for letter in [b"2", b"3", b"4"] {
            world.sleep(Duration::from_millis(1)).await;
            write_all(&mut ours, letter).await.unwrap();
        }
        let mut arrived = [0; 16];
        let mut len = 0;
        while len < 4 {
            len += read(&mut theirs, &mut arrived[len..]).await.unwrap();
        }

        assert_eq!(&arrived[..4], b"1234");
        // Before the timer of 200 ms has it sent again.
        assert!(world.elapsed() - start < Duration::from_millis(200));
    });
}

#[test]
fn a_connection_survives_a_partition_of_some_seconds() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        let cut = world.cut(Cut::between([&alice], [&bob]));
        write_all(&mut ours, b"patience").await.unwrap();
        world.sleep(Duration::from_secs(5)).await;
        world.lift(cut);
        assert_eq!(read(&mut theirs, &mut [0; 16]).await.unwrap(), 8);
    });

    assert!(world.elapsed() < Duration::from_secs(12));
}

#[test]
fn a_writer_gives_up_on_a_peer_that_stays_silent() {
    let (world, alice, bob) = apart();

    let error = world.block_on(async {
        let (mut ours, _theirs) = connected(&alice, &bob).await;
        world.cut(Cut::everything());
        write_all(&mut ours, b"anybody?").await.unwrap();
        read(&mut ours, &mut [0; 16]).await.unwrap_err()
    });

    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(world.elapsed() > Duration::from_secs(60));
}

#[test]
fn a_node_that_crashed_is_silent_and_resets_once_it_is_back() {
    let (world, alice, bob) = apart();

    world.block_on(async {
        let (mut ours, mut theirs) = connected(&alice, &bob).await;
        bob.crash();
        let held = write_all(&mut theirs, b"ghost").await.unwrap_err();
        assert_eq!(held.kind(), io::ErrorKind::NotConnected);
        let mut buf = [0; 16];
        let silence = world.timeout(Duration::from_secs(30), read(&mut ours, &mut buf));
        assert!(silence.await.is_err());
        bob.restart();
        write_all(&mut ours, b"still there?").await.unwrap();
        let reset = read(&mut ours, &mut [0; 16]).await.unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    });
    assert_eq!(bob.sockets(), 0);
}

#[test]
fn a_dropped_attempt_leaves_nothing_behind() {
    let (world, alice, bob) = apart();
    let mut listener = listen(&bob, 80);

    world.block_on(async {
        // The first packet is on its way when it is dropped.
        let attempt = connect(&alice, &*listener);
        assert!(
            world
                .timeout(Duration::from_millis(10), attempt)
                .await
                .is_err()
        );
        assert_eq!(alice.sockets(), 0);
        let accepted = world.timeout(Duration::from_secs(5), accept(&mut *listener));
        assert!(accepted.await.is_err());
    });

    assert_eq!(bob.sockets(), 1);
}

#[test]
fn a_listener_that_is_dropped_resets_what_it_did_not_accept() {
    let (world, alice, bob) = apart();
    let listener = listen(&bob, 80);

    world.block_on(async {
        let mut ours = connect(&alice, &*listener).await.unwrap();
        world.sleep(Duration::from_secs(1)).await;
        drop(listener);
        let reset = read(&mut ours, &mut [0; 16]).await.unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
        let address = SocketAddr::new(bob.ipv4(), 80);
        let refused = alice.tcp().connect(address, TcpOptions::default()).await;
        assert_eq!(
            refused.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
    });

    assert_eq!(bob.sockets(), 0);
}

#[test]
fn a_reset_of_the_connection_before_does_not_refuse_the_next_one_between_the_same_ports() {
    let (world, alice, bob) = apart();
    let mut ours_listener = listen(&alice, 4001);
    let theirs_listener = listen(&bob, 4001);
    let from = |listener: &dyn TcpListener| {
        let mut options = TcpOptions::default();
        options.local = Some(listener.local_addr().unwrap());
        options
    };
    let (at_alice, at_bob) = (
        ours_listener.local_addr().unwrap(),
        theirs_listener.local_addr().unwrap(),
    );

    world.block_on(async {
        let mut theirs = bob.tcp().connect(at_alice, from(&*theirs_listener)).await;
        let theirs = theirs.as_mut().unwrap();
        drop(accept(&mut *ours_listener).await);
        // Each of these is answered with a reset, and the later resets are on their way when the first has come.
        while write_all(theirs, b"unread").await.is_ok() {
            world.sleep(Duration::from_millis(1)).await;
        }
        let again = bob.tcp().connect(at_alice, from(&*theirs_listener)).await;

        assert_eq!(again.unwrap().local_addr().unwrap(), at_bob);
    });
}

#[test]
fn resets_of_the_connection_before_do_not_end_the_next_one_between_the_same_ports() {
    let (world, alice, bob) = apart();
    let mut ours_listener = listen(&alice, 4001);
    let theirs_listener = listen(&bob, 4001);
    let at_alice = ours_listener.local_addr().unwrap();
    let mut options = TcpOptions::default();
    options.local = Some(theirs_listener.local_addr().unwrap());

    world.block_on(async {
        let theirs = bob.tcp().connect(at_alice, options.clone()).await.unwrap();
        let mut ours = accept(&mut *ours_listener).await;
        write_all(&mut ours, b"unread").await.unwrap();
        world.sleep(Duration::from_millis(10)).await;
        drop(theirs);
        world.sleep(Duration::from_millis(10)).await;
        shutdown(&mut ours).await.unwrap();
        // What was written has come and was answered with a reset; the end comes when the next SYN has left.
        world.sleep(Duration::from_millis(35)).await;
        let mut again = bob.tcp().connect(at_alice, options).await.unwrap();
        write_all(&mut again, b"again").await.unwrap();
        shutdown(&mut again).await.unwrap();
        let mut next = accept(&mut *ours_listener).await;

        assert_eq!(read_to_end(&mut next).await.unwrap(), b"again");
    });
}
