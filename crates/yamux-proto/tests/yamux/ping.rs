//! Pings both ways.

use std::time::Duration;

use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_yamux_proto::{CloseReason, Config, Error};

use crate::{
    pair::Pair,
    wire::{Lone, ping, pong},
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_ping_is_answered_with_its_value() {
    let mut listener = Lone::listener();

    listener
        .hear([ping(5), ping(u32::MAX), ping(5)].concat())
        .unwrap();

    assert_eq!(listener.said(), [pong(5), pong(u32::MAX), pong(5)].concat());
}

#[test]
fn the_round_trip_time_is_measured_on_demand() {
    let mut pair = Pair::new();
    assert_eq!(pair.dialer.connection.rtt(), None);

    pair.dialer.connection.ping();
    pair.dialer.connection.ping();
    assert!(pair.dialer.connection.wants_transmit());
    pair.run();

    assert_eq!(pair.dialer.connection.rtt(), Some(2 * pair.delay));
    assert_eq!(pair.dialer.connection.stats().sent_bytes, 12);
    assert!(!pair.dialer.connection.wants_transmit());
}

#[test]
fn a_silent_peer_is_pinged_and_an_answer_keeps_the_connection() {
    let mut pair = Pair::new();

    pair.run_for(300 * SECOND);

    let stats = pair.dialer.connection.stats();
    assert!((9..=21).contains(&(stats.sent_bytes / 12)), "{stats:?}");
    assert!(!pair.dialer.connection.is_closed());
}

#[test]
fn a_peer_that_answers_no_ping_is_given_up() {
    let mut dialer = Lone::dialer();
    dialer.now += 30 * SECOND;
    dialer.connection.handle_timeout(dialer.now).unwrap();
    assert_eq!(dialer.said(), ping(0));
    dialer.now += 19 * SECOND;
    assert_eq!(dialer.connection.handle_timeout(dialer.now), Ok(()));

    dialer.now += SECOND;
    let error = Error::PingTimeout { after: 20 * SECOND };
    assert_eq!(dialer.connection.handle_timeout(dialer.now), Err(error));

    assert_eq!(dialer.connection.handle_timeout(dialer.now), Ok(()));
    let reason = CloseReason::Failed(error);
    assert_eq!(dialer.connection.close_reason(), Some(&reason));
    assert_eq!((dialer.said(), dialer.events()), (vec![], vec![]));
}

#[test]
fn a_peer_that_takes_no_ping_is_given_up_as_one_that_answers_none() {
    // Somebody has asked for a ping, and nothing can be sent: the peer does not read, or is gone.
    let mut dialer = Lone::dialer();
    dialer.connection.ping();

    let deadline = dialer.connection.poll_timeout().unwrap();
    assert_eq!(deadline.at, dialer.now + 30 * SECOND);
    dialer.now = deadline.at;
    assert_eq!(dialer.connection.handle_timeout(dialer.now), Ok(()));
    dialer.now += 20 * SECOND;

    let error = Error::PingTimeout { after: 20 * SECOND };
    assert_eq!(dialer.connection.handle_timeout(dialer.now), Err(error));
}

#[test]
fn a_peer_that_sends_anything_at_all_is_not_given_up() {
    let mut dialer = Lone::dialer();
    dialer.connection.ping();
    assert_eq!(dialer.said(), ping(0));

    for _ in 0..10 {
        dialer.now += 19 * SECOND;
        dialer.connection.handle_timeout(dialer.now).unwrap();
        dialer.hear(ping(1)).unwrap();
    }
    assert!(!dialer.connection.is_closed());
}

#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let mut dialer = Lone::dialer();
    dialer.hear(pong(0)).unwrap();
    dialer.connection.ping();
    dialer.hear(pong(0)).unwrap();
    dialer.said();
    dialer.hear(pong(1)).unwrap();

    assert_eq!(dialer.connection.rtt(), None);
    dialer.hear([pong(0), pong(0)].concat()).unwrap();
    assert_eq!(dialer.connection.rtt(), Some(Duration::ZERO));
}

#[test]
fn without_keep_alive_an_idle_connection_does_nothing() {
    let mut config = Config::default();
    config.keep_alive = None;
    let mut dialer = Lone::new(Role::Dialer, config);

    assert_eq!(dialer.connection.poll_timeout(), None);
    dialer
        .connection
        .handle_timeout(dialer.now + 9999 * SECOND)
        .unwrap();
    assert_eq!(dialer.said(), []);
}

#[test]
fn a_stream_finished_on_a_connection_that_was_long_idle_is_not_a_time_out() {
    let mut config = Config::default();
    config.keep_alive = None;
    let mut dialer = Lone::new(Role::Dialer, config);
    let stream = dialer.open();
    dialer.now += 3600 * SECOND;

    dialer.connection.finish(stream).unwrap();
    dialer.connection.ping();
    dialer.connection.handle_timeout(dialer.now).unwrap();
    dialer.said();

    let deadline = dialer.connection.poll_timeout().unwrap();
    assert_eq!(deadline.at, dialer.now + 20 * SECOND);
    assert_eq!(dialer.connection.handle_eof(dialer.now), Ok(()));
}
