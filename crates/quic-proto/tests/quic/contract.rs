//! The rules of `sinew-sans-io`, kept by connections and endpoints.

use std::num::NonZeroUsize;

use bytes::Bytes;
use sinew_quic_proto::{Event, ReadError, SendDatagramError, WriteError};
use sinew_tls::dangerous::seeded_provider;

use crate::net::{Build, Net, wall};

/// Two nodes in which no chance is left but that of `seed`.
fn seeded(seed: u8) -> Net {
    let build = |number| Build {
        provider: seeded_provider([seed ^ number; 32]),
        ..Build::seeded(seed ^ number)
    };
    Net::build([build(1), build(2)])
}

/// A conversation over a bad network; returns all datagrams and all events.
fn converse(seed: u8, mut each_step: impl FnMut(&mut Net)) -> (Vec<Vec<u8>>, Vec<Event>) {
    let mut net = seeded(seed);
    net.link.loss = 50;
    net.link.duplication = 50;
    net.link.jitter = net.link.delay;
    net.reseed(seed.into());

    let dialer = net.dial(0, 1);
    net.run_until(|net| {
        each_step(net);
        net.connection(0, dialer).is_confirmed()
    });
    let listener = *net.nodes[1].connections.keys().next().unwrap();
    let stream = net.peer(0, dialer).open_with(&[seed; 100_000]);
    let mut received = 0;
    net.run_until(|net| {
        each_step(net);
        let connection = net.connection(1, listener);
        let _ = connection.accept_stream();
        let _ = connection.read_with(stream, usize::MAX, |bytes| received += bytes.len());
        received == 100_000
    });
    net.connection(1, listener).abandon(stream, 1);
    net.connection(0, dialer).abandon(stream, 2);
    let now = net.now;
    net.connection(1, listener).close(now, 3, Bytes::new());
    net.run_until(|net| {
        each_step(net);
        net.connection(0, dialer).is_closed()
    });

    let mut events = net.events(0, dialer);
    events.extend(net.events(1, listener));
    (net.wire, events)
}

#[test]
fn says_the_same_bytes_and_events_under_the_same_seed() {
    for seed in [10, 20, 30] {
        let (wire, events) = converse(seed, |_| {});
        let (again, events_again) = converse(seed, |_| {});

        assert_eq!(events, events_again, "seed {seed}");
        assert_eq!(wire.len(), again.len(), "seed {seed}");
        let differs = wire.iter().zip(&again).position(|(one, two)| one != two);
        assert_eq!(differs, None, "seed {seed}");
    }
}

#[test]
fn says_other_bytes_under_another_seed() {
    let mut net = seeded(10);
    let mut other = seeded(20);
    net.dial(0, 1);
    other.dial(0, 1);
    net.settle();
    other.settle();

    assert_ne!(net.wire[0], other.wire[0]);
    assert_ne!(net.peer_id(0), other.peer_id(0));
}

#[test]
fn is_not_disturbed_by_timeouts_that_come_early_twice_or_unasked() {
    let (wire, events) = converse(10, |_| {});

    let (disturbed, disturbed_events) = converse(10, |net| {
        let now = net.now;
        for node in &mut net.nodes {
            for peer in node.connections.values_mut() {
                let due = peer.connection.poll_timeout();
                if due.is_none_or(|due| due.at > now) {
                    peer.connection.handle_timeout(now);
                    peer.connection.handle_timeout(now);
                }
            }
        }
    });

    assert_eq!(events, disturbed_events);
    assert_eq!(wire, disturbed);
}

#[test]
fn is_empty_once_drained() {
    let (mut net, dialer, _) = Net::connected();
    let _stream = net.peer(0, dialer).open_with(b"something to say");
    net.settle();
    let now = net.now;

    let connection = net.connection(0, dialer);
    let mut out = Vec::new();
    for _ in 0..2 {
        assert!(connection.poll_event().is_none());
        assert!(connection.poll_endpoint().is_none());
        assert!(
            connection
                .poll_transmit(now, NonZeroUsize::MIN, &mut out)
                .is_none()
        );
        assert!(!connection.wants_transmit());
    }
    assert!(out.is_empty());
    assert_eq!(connection.poll_timeout(), connection.poll_timeout());
}

#[test]
fn appends_to_a_buffer_that_has_something_in_it() {
    let (mut net, dialer, _) = Net::connected();
    let _stream = net.peer(0, dialer).open_with(&[1; 5000]);
    let now = net.now;
    let connection = net.connection(0, dialer);
    let mut out = b"before".to_vec();

    let transmit = connection
        .poll_transmit(now, NonZeroUsize::new(3).unwrap(), &mut out)
        .unwrap();

    assert!(out.starts_with(b"before"));
    assert_eq!(out.len(), 6 + transmit.len);
    assert_eq!(transmit.datagrams(&out[6..]).len(), 3);
}

#[test]
fn does_nothing_after_its_end() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"x");
    net.settle();
    let late = {
        net.peer(1, listener).open_with(b"late");
        net.intercept(0)
    };
    let now = net.now;
    net.connection(0, dialer).close(now, 0, Bytes::new());
    net.run_for(std::time::Duration::from_secs(10));
    assert!(net.connection(0, dialer).is_drained());
    let from = net.nodes[1].addr;
    for payload in late {
        net.inject(from, 0, &payload);
    }
    let now = net.now;

    let connection = net.connection(0, dialer);
    connection.handle_timeout(now);
    connection.close(now, 9, Bytes::new());
    connection.handle_local_address_change(None);
    connection.reset(stream, 1);
    connection.stop(stream, 1);
    connection.set_priority(stream, 1);
    connection.abandon(stream, 1);
    connection.abandon(stream, 1);

    let mut out = Vec::new();
    assert!(
        connection
            .poll_transmit(now, NonZeroUsize::MIN, &mut out)
            .is_none()
    );
    assert!(connection.poll_event().is_none());
    assert!(connection.poll_endpoint().is_none());
    assert_eq!(connection.poll_timeout(), None);
    assert_eq!(connection.open_stream(), None);
    assert_eq!(connection.accept_stream(), None);
    assert_eq!(
        connection.write(stream, &mut Bytes::from_static(b"y")),
        Err(WriteError::Closed)
    );
    assert_eq!(connection.read(stream, 1), Err(ReadError::NotOpen));
    assert_eq!(
        connection.send_datagram(Bytes::new()),
        Err(SendDatagramError::Closed)
    );
}

#[test]
fn needs_no_clock_but_the_one_it_is_given() {
    let century = std::time::Duration::from_secs(100 * 365 * 24 * 3600);
    let mut early = Build::seeded(1);
    early.wall = wall() + century;
    let mut late = Build::seeded(2);
    late.wall = wall() + century;

    let (net, dialer, _) = Net::connect(Net::build([early, late]));

    assert!(net.close_reason(0, dialer).is_none());
}
