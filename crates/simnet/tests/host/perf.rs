//! Measurements between hosts on a network whose figures are known.

use std::time::Duration;

use sinew::{Address, Host};
use sinew_perf::{Amount, Config, PROTOCOL, Plan, Report, Responder, Run};
use sinew_simnet::{Link, Node, World};

use crate::fixture::{RTT, apart, quic_at, start_with, tcp_at};

#[test]
fn every_byte_is_counted_where_packets_are_lost() {
    for address in [quic_at, tcp_at] {
        let (world, alice, bob) = apart();
        world.set_default_link(Link {
            loss: 0.02,
            ..Link::with_delay(RTT / 2)
        });

        let measured = measure(&world, [&alice, &bob], address, 3, |plan| {
            plan.upload = Amount::Bytes(300_001);
            plan.download = Amount::Bytes(700_003);
        });

        assert_eq!(measured.uploaded_bytes, 300_001);
        assert_eq!(measured.downloaded_bytes, 700_003);
    }
}

#[test]
fn a_direction_that_is_measured_for_a_time_takes_it() {
    let time = Duration::from_secs(2);
    for address in [quic_at, tcp_at] {
        for (upload, download) in [
            (Amount::For(time), Amount::NOTHING),
            (Amount::NOTHING, Amount::For(time)),
        ] {
            let (world, alice, bob) = apart();
            world.set_default_link(Link {
                bandwidth: Some(1_000_000),
                ..Link::with_delay(RTT / 2)
            });

            let measured = measure(&world, [&alice, &bob], address, 2, |plan| {
                plan.upload = upload;
                plan.download = download;
            });

            let (took, bytes) = match upload {
                Amount::For(_) => (measured.upload_time, measured.uploaded_bytes),
                Amount::Bytes(_) => (measured.download_time, measured.downloaded_bytes),
            };
            assert!(took >= time && bytes > 0, "{measured:?}");
        }
    }
}

#[test]
fn the_first_byte_comes_a_round_trip_after_the_start() {
    for address in [quic_at, tcp_at] {
        let (world, alice, bob) = apart();

        let measured = measure(&world, [&alice, &bob], address, 1, |plan| {
            plan.download = Amount::Bytes(1);
        });

        let first_byte = measured.first_byte.unwrap();
        assert!(
            first_byte >= RTT && first_byte < RTT * 3 / 2,
            "{measured:?}"
        );
    }
}

/// Measures from the first node to the second, and sees that nothing is left behind there.
fn measure(
    world: &World,
    [alice, bob]: [&Node; 2],
    address: fn(&Node) -> Address,
    streams: usize,
    change: impl FnOnce(&mut Plan),
) -> Report {
    let mut plan = Plan::default();
    change(&mut plan);
    world.block_on(async {
        let (alice, bob) = (
            start_with(alice.host(), []).await,
            start_with(bob.host(), [address(bob)]).await,
        );
        let responder = Responder::new(bob.runtime(), Config::default());
        serve(&bob, &responder);
        let there = bob.listen_addresses().remove(0);
        let peer = alice.connect(there).await.unwrap();
        let mut open = Vec::new();
        for _ in 0..streams {
            open.push(alice.open_stream(peer, PROTOCOL).await.unwrap());
        }

        let report = Run::new(alice.runtime(), plan).over(open).await.unwrap();

        world.sleep(Duration::from_secs(10)).await;
        assert_eq!(responder.run_count(), 0);
        for host in [&alice, &bob] {
            let open = host.connections().first().map(|it| it.open_streams);
            assert_eq!(open, Some(0));
        }
        report
    })
}

fn serve(host: &Host, responder: &Responder) {
    let responder = responder.clone();
    host.serve(PROTOCOL, move |stream| {
        let responder = responder.clone();
        async move { responder.serve(stream).await }
    });
}
