//! Credit that goes back, windows that grow, and the budget of all.

use std::time::Duration;

use sinew_sans_io::Role;
use sinew_yamux_proto::{Config, ReadState};

use crate::{
    pair::{Pair, Peer, noise},
    wire::{ACK, FIN, Lone, SYN, WINDOW, data, ping, pong, update},
};

// [yamux §Flow Control]
#[test]
fn credit_goes_back_when_the_application_reads_and_not_before() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, &noise(1, 200_000))).unwrap();
    let stream = listener.accept();
    assert_eq!(listener.said(), update(1, ACK, 0));

    let half = WINDOW as usize / 2;
    let read = |listener: &mut Lone, max| {
        let mut len = 0;
        let _ = listener
            .connection
            .read_with(stream, max, |bytes| len += bytes.len());
        len
    };
    assert_eq!(read(&mut listener, half - 1), half - 1);
    // Soon the window may grow, and for that the round-trip time is measured.
    assert_eq!(listener.said(), ping(0));
    assert_eq!(read(&mut listener, 1), 1);
    assert_eq!(listener.said(), update(1, 0, WINDOW / 2));
    read(&mut listener, usize::MAX);
    assert_eq!(listener.said(), [], "a little is not worth a frame");
}

#[test]
fn no_credit_is_given_to_a_peer_that_has_finished() {
    let mut listener = Lone::listener();
    listener
        .hear(data(1, SYN | FIN, &noise(1, 200_000)))
        .unwrap();
    let stream = listener.accept();
    listener.said();

    let state = listener.connection.read_with(stream, usize::MAX, drop);

    assert_eq!(state, Ok(ReadState::Ended));
    assert_eq!(listener.said(), []);
}

#[test]
fn the_window_of_a_fast_reader_grows_with_the_path_and_that_of_a_slow_one_does_not() {
    let grown = |pause: Duration| {
        let mut pair = Pair::new();
        let stream = pair.open(b".");
        for _ in 0..60 {
            let _ = pair.dialer.connection.write_slice(stream, &[1; 1 << 20]);
            pair.step();
            let _ = pair.dialer.connection.write_slice(stream, &[1; 1 << 20]);
            pair.now += pause;
            let _ = pair.listener.read(stream);
            pair.step();
        }
        let stats = pair.listener.connection.stream_stats(stream).unwrap();
        assert_eq!(
            pair.listener.connection.stats().min_rtt,
            Some(2 * pair.delay),
            "the pace of the reader is no part of it"
        );
        stats.receive_window_bytes
    };

    assert!(grown(Duration::ZERO) >= 2 << 20);
    assert_eq!(grown(Duration::from_secs(1)), WINDOW);
}

#[test]
fn all_windows_together_stay_within_the_budget() {
    let mut config = Config::default();
    config.max_inbound_streams = 8;
    config.max_outbound_streams = 8;
    config.window_growth = 1 << 20;
    let budget = config.max_receive_bytes();
    assert_eq!(budget, 5 << 20);
    let mut pair = Pair::with(Config::default(), config);
    let streams: Vec<_> = (0..8).map(|_| pair.open(b".")).collect();

    let mut most = 0;
    for _ in 0..100 {
        for &stream in &streams {
            while pair
                .dialer
                .connection
                .write_slice(stream, &[1; 1 << 20])
                .is_ok()
            {}
            let _ = pair.listener.read(stream);
        }
        pair.step();
        most = most.max(pair.listener.connection.stats().receive_window_bytes);
    }

    assert_eq!(
        most,
        8 * u64::from(WINDOW) + (1 << 20),
        "all of it was used"
    );
    for &stream in &streams {
        pair.dialer.connection.abandon(stream, 0);
        pair.listener.connection.abandon(stream, 0);
    }
    pair.run();
    pair.assert_empty();
}

#[test]
fn a_stream_grows_no_further_than_its_own_maximum() {
    let mut config = Config::default();
    config.max_stream_window = 300 << 10;
    let mut listener = Lone::new(Role::Listener, config);
    listener.hear(data(1, SYN, &noise(1, 100_000))).unwrap();
    let stream = listener.accept();
    let _ = listener.connection.read_with(stream, usize::MAX, drop);
    listener.said();
    listener.now += Duration::from_millis(10);
    listener.hear(pong(0)).unwrap();

    listener.hear(data(1, 0, &noise(1, 100_000))).unwrap();
    let _ = listener.connection.read_with(stream, usize::MAX, drop);

    // What the acceptance gave back counts no more.
    assert_eq!(listener.said(), []);
    listener.hear(data(1, 0, &noise(1, 100_000))).unwrap();
    let _ = listener.connection.read_with(stream, usize::MAX, drop);
    assert_eq!(listener.said(), update(1, 0, 200_000 + (44 << 10)));
}

#[test]
fn the_budget_comes_back_with_every_stream() {
    let mut config = Config::default();
    config.window_growth = 256 << 10;
    let mut pair = Pair::with(Config::default(), config);

    for _ in 0..3 {
        let stream = pair.open(b".");
        let mut grown = 0;
        for _ in 0..100 {
            while pair
                .dialer
                .connection
                .write_slice(stream, &[1; 1 << 20])
                .is_ok()
            {}
            pair.step();
            let _ = pair.listener.read(stream);
            grown = window_of(&pair.listener, stream);
        }
        assert_eq!(grown, 2 * WINDOW);
        pair.dialer.connection.abandon(stream, 0);
        pair.run();
        pair.listener.connection.abandon(stream, 0);
    }
}

fn window_of(peer: &Peer, stream: sinew_yamux_proto::StreamId) -> u32 {
    let stats = peer.connection.stream_stats(stream).unwrap();
    stats.receive_window_bytes
}
