//! Cuts, NATs, moving addresses.

use std::{net::IpAddr, time::Duration};

use sinew_simnet::{Cut, Loss, Protocol, World};
use sinew_testkit::Seed;

use crate::udp::{bind, receive, to_socket};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_cut_works_until_it_is_lifted() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (ours, theirs) = (bind(&alice, 0), bind(&bob, 0));

    let cut = world.cut(Cut::between([&alice], [&bob]));
    ours.try_send(&to_socket(&theirs, b"lost")).unwrap();
    theirs.try_send(&to_socket(&ours, b"lost")).unwrap();
    world.run_for(SECOND);
    assert!(world.lift(cut));
    assert!(!world.lift(cut));
    ours.try_send(&to_socket(&theirs, b"kept")).unwrap();

    assert_eq!(world.block_on(receive(&theirs)).1, b"kept");
    assert_eq!(world.traffic().lost[&Loss::Cut], 2);
}

#[test]
fn a_black_hole_can_have_one_direction_and_one_protocol() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (ours, theirs) = (bind(&alice, 0), bind(&bob, 0));
    world.cut(Cut::everything().from([&alice]).to([&bob]));
    world.cut(Cut::everything().protocol(Protocol::Tcp));

    ours.try_send(&to_socket(&theirs, b"lost")).unwrap();
    theirs.try_send(&to_socket(&ours, b"kept")).unwrap();

    assert_eq!(world.block_on(receive(&ours)).1, b"kept");
    assert_eq!(world.traffic().lost[&Loss::Cut], 1);
}

#[test]
fn a_nat_that_forgets_gives_out_another_port_and_loses_what_goes_to_the_old_one() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (ours, theirs) = (bind(&alice, 1000), bind(&bob, 0));

    let outer = alice.rebind_nat(1000);
    ours.try_send(&to_socket(&theirs, b"out")).unwrap();
    let (seen, _) = world.block_on(receive(&theirs));
    let mut answer = to_socket(&ours, b"back");
    theirs.try_send(&answer).unwrap();
    answer.remote = seen.remote;
    theirs.try_send(&answer).unwrap();
    let (meta, _) = world.block_on(receive(&ours));

    assert_ne!(outer, 1000);
    assert_eq!(seen.remote.port(), outer);
    assert_eq!(seen.remote.ip(), alice.ipv4());
    assert_eq!(meta.len, 4);
    assert_eq!(world.traffic().lost[&Loss::NoSuchPort], 1);
    assert_eq!(world.traffic().delivered, 2);
}

#[test]
fn a_node_that_moves_is_reached_at_its_new_address_alone() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (old, new) = (bob.ipv4(), IpAddr::from([20, 77, 0, 1]));
    let any = bob
        .udp()
        .bind("0.0.0.0:9".parse().unwrap(), Default::default());
    let (ours, any) = (bind(&alice, 0), any.unwrap());

    bob.remove_address(old);
    bob.add_address(new);
    let mut transmit = to_socket(&any, b"?");
    transmit.remote.set_ip(old);
    ours.try_send(&transmit).unwrap();
    transmit.remote.set_ip(new);
    ours.try_send(&transmit).unwrap();
    let (meta, _) = world.block_on(receive(&any));

    assert_eq!(meta.local_ip, Some(new));
    assert_eq!(world.traffic().lost[&Loss::NoSuchAddress], 1);
}

#[test]
fn a_node_that_is_down_hears_and_says_nothing() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (ours, theirs) = (bind(&alice, 0), bind(&bob, 0));

    bob.crash();
    ours.try_send(&to_socket(&theirs, b"lost")).unwrap();
    let said = theirs.try_send(&to_socket(&ours, b"lost"));
    world.run_for(SECOND);
    bob.restart();
    ours.try_send(&to_socket(&theirs, b"nobody is bound"))
        .unwrap();
    world.run_for(SECOND);

    assert_eq!(said.unwrap_err().kind(), std::io::ErrorKind::NotConnected);
    let lost = world.traffic().lost;
    assert_eq!(lost[&Loss::NodeDown], 1);
    assert_eq!(lost[&Loss::NoSuchPort], 1);
}
