//! The life of a node.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use sinew_runtime::UdpOptions;
use sinew_simnet::{Crashed, World};
use sinew_testkit::Seed;

#[test]
fn a_crash_drops_the_tasks_of_the_node_and_of_no_other() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let held = Arc::new(());
    for node in [&alice, &bob] {
        let inside = held.clone();
        node.spawn("holds", async move {
            std::future::pending::<()>().await;
            drop(inside);
        });
    }
    world.run_for(Duration::from_secs(1));

    alice.crash();

    assert_eq!(Arc::strong_count(&held), 2);
    assert!(alice.tasks().is_empty());
    assert_eq!(bob.tasks(), ["holds"]);
}

#[test]
fn who_waits_for_a_task_hears_of_the_crash() {
    let world = World::new(Seed::new(1));
    let alice = world.node("alice");
    let task = alice.start("never ends", std::future::pending::<u32>());
    world.run_for(Duration::from_secs(1));

    alice.crash();

    assert_eq!(world.block_on(task), Err(Crashed));
}

#[test]
fn a_task_may_crash_its_own_node() {
    let world = World::new(Seed::new(1));
    let alice = world.node("alice");
    let itself = alice.clone();
    alice.spawn("suicidal", async move {
        itself.crash();
        std::future::pending::<()>().await;
    });

    world.run_for(Duration::from_secs(1));

    assert!(!alice.is_up());
    assert!(alice.tasks().is_empty());
}

#[test]
fn what_is_left_of_a_former_life_starts_nothing() {
    let world = World::new(Seed::new(1));
    let alice = world.node("alice");
    let (runtime, udp) = (alice.runtime(), alice.udp());

    alice.crash();
    alice.restart();
    runtime.spawn("ghost", std::future::pending());
    let bound = udp.bind(SocketAddr::new(alice.ipv4(), 0), UdpOptions::default());

    assert!(alice.tasks().is_empty());
    assert_eq!(bound.unwrap_err().kind(), std::io::ErrorKind::NetworkDown);
    alice.spawn("alive", std::future::pending());
    assert_eq!(alice.tasks(), ["alive"]);
}

#[test]
fn the_wall_clock_jumps_and_the_monotonic_one_does_not_notice() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (before, bobs) = (alice.runtime().now(), bob.runtime().wall());

    alice.set_wall_clock(UNIX_EPOCH + Duration::from_secs(1_000));
    assert_eq!(alice.runtime().now(), before);
    assert_eq!(bob.runtime().wall(), bobs);
    world.run_for(Duration::from_secs(5));

    let elapsed = alice.runtime().wall().duration_since(UNIX_EPOCH).unwrap();
    assert_eq!(elapsed, Duration::from_secs(1_005));
}
