//! Tests of what goes wrong.

use sinew_testkit::Seed;

use super::*;
use crate::random::{book::Book, plan::HostPlan};

#[test]
fn the_plain_link_is_back_when_the_last_of_two_weathers_is_over() {
    let world = World::new(Seed::new(1));
    let delay = |number| Link::with_delay(Duration::from_millis(number));
    let sky = Sky::new(&world, delay(1));

    let first = sky.turn(delay(20));
    let second = sky.turn(delay(30));
    assert_eq!(sky.link(), delay(30));

    sky.clear(first);
    assert_eq!(sky.link(), delay(30));
    sky.clear(second);
    assert_eq!(sky.link(), delay(1));
}

#[test]
fn an_earlier_weather_is_back_when_a_later_one_is_over() {
    let world = World::new(Seed::new(1));
    let delay = |number| Link::with_delay(Duration::from_millis(number));
    let sky = Sky::new(&world, delay(1));

    let first = sky.turn(delay(20));
    let second = sky.turn(delay(30));
    sky.clear(second);

    assert_eq!(sky.link(), delay(20));
    sky.clear(first);
    assert_eq!(sky.link(), delay(1));
}

#[test]
fn a_host_that_is_away_has_another_address_until_it_comes_home() {
    let world = World::new(Seed::new(1));
    let hosts = two_hosts(&world);
    let home = hosts.home(1);

    assert!(leave_home(&hosts, 1));
    assert_ne!(hosts.node(1).ipv4(), home);
    // Others know its own address alone.
    assert_eq!(hosts.addresses(1)[0].ip(), Some(home));
    assert!(!leave_home(&hosts, 1), "it is away already");

    come_home(&hosts, 1);
    assert_eq!(hosts.node(1).ipv4(), home);
    come_home(&hosts, 1);
    assert_eq!(hosts.node(1).ipv4(), home);
}

#[test]
fn one_who_comes_back_from_a_crash_is_at_home() {
    let world = World::new(Seed::new(1));
    let hosts = two_hosts(&world);

    world.block_on(async {
        hosts.start(1).await;
        assert!(leave_home(&hosts, 1));
        crash(&world, &hosts, 1, Duration::from_secs(1)).await;
    });

    assert_eq!(hosts.node(1).ipv4(), hosts.home(1));
    assert!(hosts.get(1).is_some());
}

fn two_hosts(world: &World) -> Hosts {
    let listens = HostPlan {
        quic: true,
        tcp: true,
    };
    let plan = Plan {
        seed: Seed::new(1),
        asked_hosts: None,
        hosts: vec![listens; 2],
        link: Link::default(),
        jobs: Vec::new(),
        faults: Vec::new(),
        is_tight: false,
    };
    Hosts::new(world, &plan, Book::new(false, world.progress()))
}
