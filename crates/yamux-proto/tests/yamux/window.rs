//! Credit that goes back, windows that grow, and the budget of all.

use std::time::Duration;

use sinew_sans_io::{BufferBudget, Role};
use sinew_yamux_proto::{Config, ReadError, ReadState, WriteError};

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

#[test]
fn what_nobody_reads_is_held_as_far_as_the_host_has_room_and_others_go_on() {
    // Two streams beyond the base, and four times as much left to others.
    let buffers = BufferBudget::new(10 * u64::from(WINDOW), u64::MAX);
    let mut config = Config::default();
    config.buffers = buffers.clone();
    let mut other = Pair::with(Config::default(), config.clone());
    let mut pair = Pair::with(Config::default(), config);
    let greedy: Vec<_> = (0..8).map(|_| pair.open(b".")).collect();
    for _ in 0..40 {
        for &stream in &greedy {
            let _ = pair.dialer.connection.write_slice(stream, &[1; 1 << 20]);
        }
        pair.step();
        let unread = pair.listener.connection.stats().unread_bytes;
        assert!(unread <= 3 * u64::from(WINDOW), "{unread} wait");
        assert!(buffers.taken() <= 2 * u64::from(WINDOW));
    }

    let is_reset = |pair: &mut Pair, stream| {
        let read = pair.listener.connection.read_with(stream, 0, drop);
        read == Err(ReadError::Reset {
            code: RESOURCE_LIMIT_EXCEEDED,
        })
    };
    let reset = greedy.iter().filter(|&&it| is_reset(&mut pair, it)).count();
    assert_eq!(reset, 5, "three have room");
    let heard = greedy
        .iter()
        .map(|&it| pair.dialer.connection.write_slice(it, b"."))
        .filter(|it| matches!(it, Err(WriteError::Stopped { code }) if *code == RESOURCE_LIMIT_EXCEEDED))
        .count();
    assert_eq!(heard, 5, "and the peer knows why");

    // Another connection, whose streams are read, needs no room.
    let quick = other.open(b".");
    let mut read = 0;
    while read < 1_000_000 {
        let _ = other.dialer.connection.write_slice(quick, &[1; 10_000]);
        other.step();
        read += other.listener.read(quick).0.len();
    }

    drop(other);
    drop(pair);
    assert_eq!(buffers.taken(), 0);
}

#[test]
fn writers_wait_when_the_host_has_no_room_and_go_on_as_it_is_sent() {
    let buffers = BufferBudget::new(0, u64::MAX);
    let mut config = Config::default();
    config.buffers = buffers.clone();
    let mut pair = Pair::with(config, Config::default());
    let streams = [pair.open(b"."), pair.open(b".")];
    pair.run();

    let mut written = 0;
    for &stream in &streams {
        while let Ok(len) = pair.dialer.connection.write_slice(stream, &[1; 1 << 20]) {
            written += len as u64;
        }
    }
    assert_eq!(written, BufferBudget::BASE);

    for _ in 0..20 {
        pair.step();
        for &stream in &streams {
            let _ = pair.listener.read(stream);
            if let Ok(len) = pair.dialer.connection.write_slice(stream, &[1; 100_000]) {
                written += len as u64;
            }
        }
        assert!(pair.dialer.connection.stats().unsent_bytes <= BufferBudget::BASE);
    }
    assert!(written > 4 * BufferBudget::BASE, "{written} written");
    assert_eq!(buffers.taken(), 0);
}

/// libp2p's stream code for a limit that was reached.
const RESOURCE_LIMIT_EXCEEDED: u32 = 0x1002;

fn window_of(peer: &Peer, stream: sinew_yamux_proto::StreamId) -> u32 {
    let stats = peer.connection.stream_stats(stream).unwrap();
    stats.receive_window_bytes
}
