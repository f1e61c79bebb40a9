//! What links do to packets.

use std::{sync::Arc, time::Duration};

use sinew_runtime::UdpSocket;
use sinew_simnet::{Link, Loss, World};
use sinew_testkit::Seed;

use crate::udp::{bind, receive, to_socket};

#[test]
fn a_bottleneck_passes_what_its_bandwidth_allows_and_drops_what_does_not_fit_its_queue() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_link(
        &alice,
        &bob,
        Link {
            delay: Duration::from_millis(20),
            bandwidth: Some(8_000_000),
            queue_bytes: 5_000,
            ..Link::default()
        },
    );
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));

    // A thousand bytes each, with headers: a millisecond.
    let arrivals = world.block_on(send_and_time(&world, &from, &to, 8));

    let expected: Vec<_> = (21..26).map(Duration::from_millis).collect();
    assert_eq!(arrivals, expected);
    assert_eq!(world.traffic().lost[&Loss::QueueFull], 3);
}

#[test]
fn a_shared_uplink_is_shared() {
    let world = World::new(Seed::new(1));
    let (alice, bob, carol) = (world.node("alice"), world.node("bob"), world.node("carol"));
    alice.set_uplink(Link {
        bandwidth: Some(8_000_000),
        ..Link::ideal()
    });
    let (from, to_bob, to_carol) = (bind(&alice, 0), bind(&bob, 0), bind(&carol, 0));

    from.try_send(&to_socket(&to_bob, &[0; 972])).unwrap();
    from.try_send(&to_socket(&to_carol, &[0; 972])).unwrap();
    world.block_on(receive(&to_bob));
    let first = world.elapsed();
    world.block_on(receive(&to_carol));

    assert_eq!(first, Duration::from_millis(2));
    assert_eq!(world.elapsed(), Duration::from_millis(3));
}

#[test]
fn loses_doubles_and_damages_as_many_as_it_should() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_link(
        &alice,
        &bob,
        Link {
            loss: 0.2,
            duplication: 0.1,
            corruption: 0.3,
            ..Link::default()
        },
    );
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    bob.set_udp_offload(1);

    for _ in 0..1000 {
        from.try_send(&to_socket(&to, &[0; 100])).unwrap();
    }
    world.run_for(Duration::from_secs(1));

    let traffic = world.traffic();
    let lost = traffic.lost[&Loss::Chance];
    assert!((150..250).contains(&lost), "{lost} lost");
    let doubled = traffic.delivered + lost - 1000;
    assert!((50..120).contains(&doubled), "{doubled} doubled");
    let mut damaged = 0;
    for _ in 0..traffic.delivered {
        let content = world.block_on(receive(&to)).1;
        damaged += content.iter().map(|byte| byte.count_ones()).sum::<u32>();
    }
    assert!((200..300).contains(&damaged), "{damaged} damaged");
}

#[test]
fn jitter_keeps_the_order_and_reordering_does_not() {
    let jitter = Link {
        jitter: Duration::from_millis(30),
        ..Link::default()
    };
    let reordering = Link {
        reordering: 0.1,
        ..Link::default()
    };

    assert!(order_over(jitter).is_sorted());
    assert!(!order_over(reordering).is_sorted());
}

#[test]
fn what_exceeds_the_mtu_is_dropped_without_a_word() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_default_link(Link {
        mtu: 1280,
        ..Link::default()
    });
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));

    from.try_send(&to_socket(&to, &[0; 1253])).unwrap();
    from.try_send(&to_socket(&to, &[0; 1252])).unwrap();
    let content = world.block_on(receive(&to)).1;

    assert_eq!(content.len(), 1252);
    assert_eq!(world.traffic().lost[&Loss::TooLarge], 1);
}

#[test]
fn the_same_seed_has_the_same_luck_and_another_has_not() {
    let luck = |seed| {
        let world = World::new(Seed::new(seed));
        let (alice, bob) = (world.node("alice"), world.node("bob"));
        world.set_default_link(Link {
            loss: 0.5,
            ..Link::default()
        });
        let (from, to) = (bind(&alice, 0), bind(&bob, 0));
        for _ in 0..64 {
            from.try_send(&to_socket(&to, b"?")).unwrap();
        }
        world.run_for(Duration::from_secs(1));
        world.digest()
    };

    assert_eq!(luck(1), luck(1));
    assert_ne!(luck(1), luck(2));
}

/// Sends numbers a millisecond apart, and returns them as they arrived.
fn order_over(link: Link) -> Vec<u8> {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    world.set_link(&alice, &bob, link);
    bob.set_udp_offload(1);
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    world.block_on(async {
        for number in 0..200 {
            from.try_send(&to_socket(&to, &[number])).unwrap();
            world.sleep(Duration::from_millis(1)).await;
        }
        let mut order = Vec::new();
        for _ in 0..200 {
            order.extend(receive(&to).await.1);
        }
        order
    })
}

async fn send_and_time(
    world: &World,
    from: &Arc<dyn UdpSocket>,
    to: &Arc<dyn UdpSocket>,
    count: usize,
) -> Vec<Duration> {
    for _ in 0..count {
        from.try_send(&to_socket(to, &[0; 972])).unwrap();
    }
    let mut arrivals = Vec::new();
    while let Ok(received) = world.timeout(Duration::from_secs(1), receive(to)).await {
        drop(received);
        arrivals.push(world.elapsed());
    }
    arrivals
}

#[test]
fn a_link_that_was_set_by_itself_stays_even_where_it_equals_the_former_default() {
    let world = World::new(Seed::new(1));
    let (alice, bob, carol) = (world.node("alice"), world.node("bob"), world.node("carol"));
    let plain = Link::with_delay(Duration::from_millis(10));
    world.set_default_link(plain);
    world.set_link(&alice, &bob, plain);
    let (from, to_bob, to_carol) = (bind(&alice, 0), bind(&bob, 0), bind(&carol, 0));

    world.set_default_link(Link::with_delay(Duration::from_millis(70)));
    from.try_send(&to_socket(&to_bob, b"hello")).unwrap();
    from.try_send(&to_socket(&to_carol, b"hello")).unwrap();

    world.block_on(receive(&to_bob));
    assert_eq!(world.elapsed(), Duration::from_millis(10));
    world.block_on(receive(&to_carol));
    assert_eq!(world.elapsed(), Duration::from_millis(70));
}
