//! The life of a connection between its handshake and its end: silence, moves, restarts.

use std::{net::SocketAddr, time::Duration};

use sinew_quic_proto::{CloseReason, Event};

use crate::net::{Build, Net};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn keeps_a_silent_connection_alive_with_few_packets() {
    let (mut net, dialer, listener) = Net::connected();
    let sent = net.wire.len();

    net.run_for(5 * MINUTE);

    assert!(!net.connection(0, dialer).is_closed());
    assert!(!net.connection(1, listener).is_closed());
    // A ping and its acknowledgement in ten seconds, from each side at the worst.
    let sent = net.wire.len() - sent;
    assert!((60..=120).contains(&sent), "{sent} packets");
}

// [RFC 9000 §10.1]
#[test]
fn ends_a_silent_connection_that_nobody_keeps_alive() {
    let quiet = |seed| Build::with_config(seed, |config| config.keep_alive = false);
    let (mut net, dialer, listener) = Net::connect(Net::build([quiet(1), quiet(2)]));

    net.run_for(MINUTE);

    let after = Duration::from_secs(30);
    for (node, handle) in [(0, dialer), (1, listener)] {
        assert_eq!(
            net.close_reason(node, handle),
            Some(&CloseReason::IdleTimeout { after })
        );
        assert_eq!(net.nodes[node].endpoint.connection_count(), 0);
    }
}

#[test]
fn keeps_a_connection_alive_for_a_peer_that_is_less_patient_and_does_nothing_for_it() {
    let net = Net::build([
        Build::seeded(1),
        Build::with_config(2, |config| {
            config.keep_alive = false;
            config.max_idle_timeout = Duration::from_secs(10);
        }),
    ]);
    let (mut net, dialer, listener) = Net::connect(net);
    let sent = net.wire.len();

    net.run_for(5 * MINUTE);

    assert!(!net.connection(0, dialer).is_closed());
    assert!(!net.connection(1, listener).is_closed());
    let sent = net.wire.len() - sent;
    assert!((160..=200).contains(&sent), "{sent} packets");
}

#[test]
fn pings_only_a_connection_that_is_silent() {
    let datagrams = |keep_alive| {
        let build = |seed| Build::with_config(seed, |config| config.keep_alive = keep_alive);
        let (mut net, dialer, _) = Net::connect(Net::build([build(1), build(2)]));
        let stream = net.peer(0, dialer).open_with(b"hello");
        for _ in 0..60 {
            net.run_for(Duration::from_secs(2));
            net.peer(0, dialer).write_all(stream, b"and more");
        }
        net.wire.len()
    };

    assert_eq!(datagrams(true), datagrams(false));
}

#[test]
fn notices_that_the_peer_is_gone() {
    let (mut net, dialer, _) = Net::connected();
    net.link.loss = 1000;

    net.run_for(2 * MINUTE);

    let after = Duration::from_secs(30);
    assert_eq!(
        net.close_reason(0, dialer),
        Some(&CloseReason::IdleTimeout { after })
    );
}

#[test]
fn follows_a_dialer_to_another_address() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"before");
    net.settle();
    let _ = net.connection(1, listener).accept_stream().unwrap();
    let old = net.nodes[0].addr;
    let new = SocketAddr::from(([198, 51, 100, 9], 50_000));
    net.events(1, listener);

    net.nodes[0].seen_as = Some(new);
    net.connection(0, dialer).handle_local_address_change(None);
    net.settle();

    assert_eq!(
        net.events(1, listener),
        [Event::AddressChanged { old, new }]
    );
    assert_eq!(net.connection(1, listener).remote_address(), new);
    net.peer(1, listener).write_all(stream, b"after");
    net.settle();
    let read = net.connection(0, dialer).read(stream, 100);
    assert_eq!(read.unwrap().unwrap(), "after");
}

#[test]
fn returns_to_the_old_address_when_nobody_answers_at_the_new_one() {
    let (mut net, dialer, listener) = Net::connected();
    let old = net.nodes[0].addr;
    let new = SocketAddr::from(([198, 51, 100, 9], 50_000));
    net.events(1, listener);
    let _stream = net
        .peer(0, dialer)
        .open_with(b"copied by somebody on the way");
    let stolen = net.intercept(1);

    // The thief's packet arrives from the thief's address, where nobody has the keys to answer.
    for datagram in &stolen {
        net.inject(new, 1, datagram);
    }
    net.run_for(MINUTE);

    let events = net.events(1, listener);
    assert!(
        events.contains(&Event::AddressChanged { old, new }),
        "{events:?}"
    );
    assert!(
        events.contains(&Event::AddressChanged { old: new, new: old }),
        "{events:?}"
    );
    assert!(!net.connection(1, listener).is_closed());
    assert!(!net.connection(0, dialer).is_closed());
}

#[test]
fn stays_where_it_is_when_migration_is_off() {
    let net = Net::build([
        Build::seeded(1),
        Build::with_config(2, |config| config.migration = false),
    ]);
    let (mut net, dialer, listener) = Net::connect(net);
    let old = net.nodes[0].addr;

    net.nodes[0].seen_as = Some(SocketAddr::from(([198, 51, 100, 9], 50_000)));
    net.connection(0, dialer).handle_local_address_change(None);
    net.settle();

    assert_eq!(net.connection(1, listener).remote_address(), old);
}

#[test]
fn ends_connections_of_its_former_life_after_a_restart() {
    let (mut net, dialer, _) = Net::connected();

    net.restart(1, 99);
    net.peer(0, dialer).open_with(b"are you there?");
    net.run_for(Duration::from_secs(1));

    assert_eq!(net.close_reason(0, dialer), Some(&CloseReason::Reset));
    assert_eq!(net.nodes[0].endpoint.connection_count(), 0);
}

#[test]
fn ends_connections_that_it_dialed_in_its_former_life_too() {
    let (mut net, _, listener) = Net::connected();

    net.restart(0, 99);
    net.peer(1, listener).open_with(b"are you there?");
    net.run_for(Duration::from_secs(1));

    assert_eq!(net.close_reason(1, listener), Some(&CloseReason::Reset));
}

#[test]
fn does_not_reset_the_connections_of_another_key() {
    let (mut net, dialer, _) = Net::connected();

    net.nodes[1].keypair = Build::seeded(77).keypair;
    net.restart(1, 99);
    net.peer(0, dialer).open_with(b"are you there?");
    net.run_for(Duration::from_secs(5));

    assert_eq!(net.close_reason(0, dialer), None);
}

#[test]
fn knows_since_when_a_peer_owes_an_answer() {
    let (mut net, dialer, _) = Net::connected();
    net.run_for(Duration::from_secs(25));
    let unanswered = |net: &mut Net| net.connection(0, dialer).stats().unanswered_since;
    assert_eq!(unanswered(&mut net), None, "all pings were answered");

    net.nodes[1].keypair = Build::seeded(77).keypair;
    net.restart(1, 99);
    let asked = net.now;
    net.peer(0, dialer).open_with(b"are you there?");
    net.run_for(Duration::from_secs(5));

    assert_eq!(unanswered(&mut net), Some(asked));
}

// [RFC 9000 §21.11]
#[test]
fn does_not_give_away_what_resets_the_connections_of_another_socket() {
    let (mut net, dialer, _) = Net::connected();

    let other = SocketAddr::from(([192, 0, 2, 2], 4002));
    net.restart_at(1, 99, Some(other));
    net.peer(0, dialer).open_with(b"are you there?");
    net.run_for(Duration::from_secs(5));

    assert_eq!(net.close_reason(0, dialer), None);
}

#[test]
fn answers_with_a_reset_for_a_connection_that_was_forgotten() {
    let (mut net, dialer, listener) = Net::connected();

    net.nodes[1].endpoint.forget(listener);
    net.nodes[1].connections.clear();
    net.peer(0, dialer).open_with(b"are you there?");
    net.run_for(Duration::from_secs(1));

    assert_eq!(net.nodes[1].endpoint.connection_count(), 0);
    assert_eq!(net.close_reason(0, dialer), Some(&CloseReason::Reset));
}
