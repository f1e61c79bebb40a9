//! A hundred bytes at a time, where packets are lost.
//!
//! quinn-proto ends a connection whose stream has more than about a thousand gaps, and a small write that goes out in
//! a packet of its own can make one. What is written faster than it can be sent waits and fills packets; for so many
//! packets of their own to be on the way, there would have to be thousands of writes in a round trip.

use std::time::Duration;

use sinew::Stream;
use sinew_simnet::{Link, Loss, World};
use sinew_testkit::Seed;

use crate::fixture::{echo, quic_at, start_with};

#[test]
fn a_stream_of_small_writes_keeps_its_connection_where_much_is_lost() {
    for (rtt, loss) in [(50, 0.02), (200, 0.1)] {
        for apart in [0, 50, 1000].map(Duration::from_micros) {
            write_all(path(rtt, loss), apart);
        }
    }
}

#[test]
fn a_stream_of_small_writes_keeps_its_connection_when_thousands_of_packets_are_lost_in_a_round_trip()
 {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_link(&alice, &bob, path(200, 0.0));
    world.block_on(async {
        let theirs = start_with(bob.host(), [quic_at(&bob)]).await;
        let ours = alice.host().start().await.unwrap();
        let peer = ours.connect(theirs.listen_addresses().remove(0)).await;
        let peer = peer.unwrap();
        // So that the congestion window has room for all that follows, each in a packet of its own.
        for _ in 0..8 {
            echo(&ours, peer, &[0; 1 << 20]).await;
        }
        let before_all = ours.connections()[0].id;
        let mut stream = ours.open_stream(peer, "/echo/1").await.unwrap();
        world.set_link(&alice, &bob, path(200, 0.3));
        for number in 0..STORM_WRITES {
            stream.write_all(&piece(number)).await.unwrap();
            world.sleep(Duration::from_micros(50)).await;
        }
        let lost = world.traffic().lost[&Loss::Chance];
        assert!(lost > 4_000, "{lost} packets were lost");
        world.set_link(&alice, &bob, path(200, 0.0));
        stream.finish().unwrap();

        read(stream, STORM_WRITES).await;
        assert_eq!(ours.connections()[0].id, before_all);
    });
}

fn path(rtt: u64, loss: f64) -> Link {
    Link {
        delay: Duration::from_millis(rtt) / 2,
        loss,
        ..Link::default()
    }
}

/// Writes small pieces, so long apart. All of it arrives, on one connection.
fn write_all(path: Link, apart: Duration) {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_link(&alice, &bob, path);
    world.block_on(async {
        let theirs = start_with(bob.host(), [quic_at(&bob)]).await;
        let ours = alice.host().start().await.unwrap();
        let peer = ours.connect(theirs.listen_addresses().remove(0)).await;
        let peer = peer.unwrap();
        let connections = || -> Vec<_> { ours.connections().iter().map(|it| it.id).collect() };
        let before_all = connections();
        let mut stream = ours.open_stream(peer, "/echo/1").await.unwrap();
        for number in 0..WRITES {
            stream.write_all(&piece(number)).await.unwrap();
            if !apart.is_zero() {
                world.sleep(apart).await;
            }
        }
        stream.finish().unwrap();
        read(stream, WRITES).await;
        assert_eq!(connections(), before_all);
    });
}

async fn read(mut stream: Stream, writes: u32) {
    let mut expected = (0..writes).flat_map(piece);
    while let Some(bytes) = stream.read_bytes().await.unwrap() {
        assert!(bytes.iter().all(|it| expected.next() == Some(*it)));
    }
    assert_eq!(expected.next(), None);
}

fn piece(number: u32) -> [u8; LEN] {
    [number.to_be_bytes()[3]; LEN]
}

const LEN: usize = 100;
const WRITES: u32 = 5000;
const STORM_WRITES: u32 = 20_000;
