//! Opening and accepting, and the limits of both.

use sinew_sans_io::Role;
use sinew_yamux_proto::{Config, ConfigError, Connection, Event, OpenError, ReadError, WriteError};

use crate::{
    pair::Pair,
    wire::{ACK, FIN, Lone, RST, SYN, data, go_away, update},
};

#[test]
fn what_arrived_with_the_opening_can_be_read_at_once() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"one")).unwrap();
    listener.hear(data(3, SYN | FIN, b"two")).unwrap();

    assert_eq!(listener.events(), [Event::StreamOpened]);
    for (id, text) in [(1, "one"), (3, "two")] {
        let stream = listener.accept();
        assert_eq!(stream.as_u32(), id);
        assert_eq!(stream.initiator(), Role::Dialer);
        let read = listener.connection.read(stream, 100).unwrap().unwrap();
        assert_eq!(read, text);
    }
    assert_eq!(listener.connection.accept_stream(), None);
    assert_eq!(listener.events(), []);

    listener.hear(data(5, SYN, b"")).unwrap();
    assert_eq!(listener.events(), [Event::StreamOpened]);
}

// [yamux §ACK backlog & backpressure]
#[test]
fn at_most_256_streams_wait_for_their_acknowledgement() {
    let mut config = Config::default();
    config.max_outbound_streams = 1000;
    let mut dialer = Lone::new(Role::Dialer, config);
    let streams: Vec<_> = std::iter::from_fn(|| dialer.connection.open_stream().ok()).collect();
    assert_eq!(streams.len(), 256);
    assert_eq!(dialer.connection.open_stream(), Err(OpenError::Blocked));
    for stream in streams {
        dialer.connection.write_slice(stream, b"x").unwrap();
    }
    dialer.said();

    // An acknowledgement, data without one, a refusal: the peer has heard of the stream.
    for frame in [update(1, ACK, 0), data(3, 0, b"y"), update(5, RST, 1)] {
        dialer.hear(frame).unwrap();
        assert!(dialer.events().contains(&Event::StreamsAvailable));
        assert!(dialer.connection.open_stream().is_ok());
        assert_eq!(dialer.connection.open_stream(), Err(OpenError::Blocked));
    }
    dialer.hear(update(1, ACK, 0)).unwrap();
    assert_eq!(dialer.events(), [], "a second time is no news");
    assert_eq!(dialer.connection.stats().unacknowledged_streams, 256);
}

#[test]
fn no_more_streams_are_opened_than_allowed_until_one_is_over() {
    let mut config = Config::default();
    config.max_outbound_streams = 2;
    let mut pair = Pair::with(config, Config::default());
    let first = pair.open(b"a");
    pair.open(b"b");
    assert_eq!(
        pair.dialer.connection.open_stream(),
        Err(OpenError::Blocked)
    );
    assert!(!pair.dialer.has(Event::StreamsAvailable));

    pair.dialer.connection.abandon(first, 0);
    pair.run();

    assert!(pair.dialer.has(Event::StreamsAvailable));
    assert!(pair.dialer.connection.open_stream().is_ok());
}

// [yamux §Opening a stream] [error-codes §Stream error codes]
#[test]
fn a_stream_too_many_is_reset_and_the_others_go_on() {
    let mut config = Config::default();
    config.max_inbound_streams = 2;
    let mut pair = Pair::with(Config::default(), config);
    let kept = pair.open(b"1");
    pair.open(b"2");
    let third = pair.dialer.connection.open_stream().unwrap();
    pair.dialer.write(third, b"3");
    pair.run();

    assert_eq!(pair.listener.connection.accept_stream(), None);
    assert_eq!(pair.listener.connection.stats().refused_streams, 1);
    let code = 0x1002;
    assert!(pair.dialer.has(Event::Stopped {
        stream: third,
        code
    }));
    let connection = &mut pair.dialer.connection;
    assert_eq!(connection.read(third, 1), Err(ReadError::Reset { code }));
    assert_eq!(
        connection.write_slice(third, b"x"),
        Err(WriteError::Stopped { code })
    );

    pair.listener.connection.abandon(kept, 0);
    pair.run();
    let fourth = pair.open(b"4");
    assert_eq!(pair.listener.read(fourth).0, b"4");
}

#[test]
fn what_a_refused_stream_has_sent_already_is_dropped() {
    let mut config = Config::default();
    config.max_inbound_streams = 0;
    let mut listener = Lone::new(Role::Listener, config);

    for id in [1, 3] {
        listener.hear(data(id, SYN, &[1; 1000])).unwrap();
        listener.hear(data(id, 0, &[2; 1000])).unwrap();
        listener.hear(update(id, 0, 1000)).unwrap();
        listener.hear(data(id, FIN, b"")).unwrap();
        listener.hear(data(id, RST, b"")).unwrap();
        assert_eq!(listener.said(), update(id, RST, 0x1002));
    }
    assert_eq!(listener.connection.stats().discarded_bytes, 4000);
    assert_eq!(listener.events(), []);
}

// [yamux §StreamID Field]
#[test]
fn streams_may_arrive_in_another_order_than_that_of_their_ids() {
    let mut listener = Lone::listener();
    for id in [5, 1, 3] {
        listener.hear(data(id, SYN, b"x")).unwrap();
    }

    let order: Vec<_> = (0..3).map(|_| listener.accept().as_u32()).collect();
    assert_eq!(order, [5, 1, 3]);
}

#[test]
fn a_peer_that_goes_away_gets_no_new_streams_and_keeps_the_old() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();

    dialer.hear(go_away(0)).unwrap();
    dialer.hear(go_away(0)).unwrap();
    dialer.hear(data(1, 0, b"still here")).unwrap();
    dialer.hear(data(2, SYN, b"new")).unwrap();

    assert_eq!(
        dialer.events(),
        [
            Event::PeerGoesAway,
            Event::Readable { stream },
            Event::StreamOpened
        ]
    );
    let connection = &mut dialer.connection;
    assert_eq!(connection.open_stream(), Err(OpenError::PeerGoesAway));
    assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "still here");
    assert!(connection.accept_stream().is_some());
}

#[test]
fn a_configuration_out_of_range_is_refused_when_a_connection_is_made() {
    let refused = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        let made = Connection::new(sinew_testkit::epoch(), Role::Dialer, config.into());
        matches!(made, Err(ConfigError::OutOfRange(_)))
    };

    assert!(!refused(|_| {}));
    assert!(refused(|config| config.max_unacknowledged_streams = 0));
    assert!(refused(|config| config.max_stream_window = 1000));
    assert!(refused(|config| config.stream_send_buffer = 0));
    assert!(refused(|config| config.send_buffer = 0));
    assert!(refused(|config| config.max_frame_payload = 0));
    assert!(refused(|config| config.max_frame_payload = 2 << 20));
    assert!(refused(|config| config.max_transmit = 12));
    assert!(refused(|config| config.max_replies = 0));
    assert!(refused(
        |config| config.keep_alive = Some(std::time::Duration::ZERO)
    ));
    assert!(refused(
        |config| config.ping_timeout = std::time::Duration::ZERO
    ));
    assert!(refused(
        |config| config.linger_timeout = std::time::Duration::ZERO
    ));
}
