//! Whatever both sides do in whatever order, however it is cut and delayed.

use std::collections::BTreeMap;

use bytes::BytesMut;
use rand::{RngExt as _, rngs::StdRng};
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_tcp_proto::{Connection, Event, ReadError, ReadState, Security, StreamId};
use sinew_testkit::{each_seed, epoch};

use crate::pair::{Build, dial};

/// One side, what is on its way to it, and how far it is with its streams.
struct Side {
    connection: Connection,
    on_its_way: Vec<u8>,
    inbox: BytesMut,
    streams: BTreeMap<StreamId, Progress>,
}

/// How far one side is with a stream.
#[derive(Clone, Copy, Default)]
struct Progress {
    written: u64,
    read: u64,
    is_finished: bool,
    is_over: bool,
}

#[test]
fn what_is_read_is_what_was_written() {
    each_seed(100, |seed| {
        let mut rng = seed.rng();
        let mut sides = sides(&mut rng);
        for _ in 0..300 {
            let side = rng.random_range(0..2);
            match rng.random_range(0..10) {
                0 => open(&mut sides[side]),
                1..4 => write(&mut sides[side], &mut rng),
                4 => end(&mut sides[side], &mut rng),
                5..7 => read(&mut sides[side], &mut rng),
                _ => carry(&mut sides, side, &mut rng),
            }
        }
        settle(&mut sides);
        let [one, other] = &sides;
        assert!(one.connection.is_confirmed() && other.connection.is_confirmed());
        for side in &sides {
            assert!(!side.connection.is_closed());
            assert_eq!(side.connection.stats().unsent_bytes, 0);
        }
        // What was finished has arrived.
        for (reader, writer) in [(one, other), (other, one)] {
            for (stream, progress) in &reader.streams {
                let theirs = writer.streams.get(stream).copied().unwrap_or_default();
                let is_whole = theirs.is_finished && !theirs.is_over && !progress.is_over;
                assert!(!is_whole || progress.read == theirs.written);
                assert!(progress.read <= theirs.written);
            }
        }
    });
}

fn sides(rng: &mut StdRng) -> [Side; 2] {
    let orders: [&[Security]; 3] = [
        &[Security::Tls],
        &[Security::Noise],
        &[Security::Tls, Security::Noise],
    ];
    let hosts = [1, 2].map(|number| {
        let order = if number == 1 {
            orders[rng.random_range(0..3)]
        } else {
            orders[2]
        };
        Build::new(number)
            .securities(order)
            .early_muxer(rng.random())
            .endpoint()
    });
    let dialer = dial(&hosts[0], Some(hosts[1].peer_id()));
    let listener = hosts[1].accept(epoch(), [2; 32]);
    [dialer, listener].map(|connection| Side {
        connection,
        on_its_way: Vec::new(),
        inbox: BytesMut::new(),
        streams: BTreeMap::new(),
    })
}

fn open(side: &mut Side) {
    if let Ok(stream) = side.connection.open_stream() {
        side.streams.insert(stream, Progress::default());
    }
}

/// Picks one of the streams.
fn pick(side: &Side, rng: &mut StdRng) -> Option<StreamId> {
    let ids: Vec<_> = side.streams.keys().copied().collect();
    let index = rng.random_range(0..ids.len().max(1));
    ids.get(index).copied()
}

fn write(side: &mut Side, rng: &mut StdRng) {
    let Some(stream) = pick(side, rng) else {
        return;
    };
    let progress = side.streams.get_mut(&stream).unwrap();
    let max = 1_u32 << rng.random_range(0..18);
    let len = rng.random_range(0..max);
    let text: Vec<u8> = (progress.written..)
        .take(len as usize)
        .map(|at| byte(stream, at))
        .collect();
    if let Ok(len) = side.connection.write_slice(stream, &text) {
        progress.written += len as u64;
    }
}

fn end(side: &mut Side, rng: &mut StdRng) {
    let Some(stream) = pick(side, rng) else {
        return;
    };
    let progress = side.streams.get_mut(&stream).unwrap();
    if rng.random_bool(0.8) {
        progress.is_finished |= side.connection.finish(stream).is_ok();
    } else {
        side.connection.reset(stream, 7);
        progress.is_over = true;
    }
}

fn read(side: &mut Side, rng: &mut StdRng) {
    while let Some(stream) = side.connection.accept_stream() {
        side.streams.insert(stream, Progress::default());
    }
    if let Some(stream) = pick(side, rng) {
        read_one(side, stream, rng.random_range(1..100_000));
    }
}

fn read_one(side: &mut Side, stream: StreamId, max: usize) {
    let progress = side.streams.get_mut(&stream).unwrap();
    let state = side.connection.read_with(stream, max, |bytes| {
        for &read in &bytes {
            assert_eq!(read, byte(stream, progress.read));
            progress.read += 1;
        }
    });
    match state {
        Ok(ReadState::More | ReadState::Drained | ReadState::Ended) | Err(ReadError::Blocked) => {}
        Err(_) => progress.is_over = true,
    }
}

/// Takes some output of one side, and delivers some of what is on its way to the other.
fn carry(sides: &mut [Side; 2], from: usize, rng: &mut StdRng) {
    let mut out = Vec::new();
    for _ in 0..rng.random_range(0..4) {
        let _ = sides[from].connection.poll_transmit(epoch(), &mut out);
    }
    let to = &mut sides[1 - from];
    to.on_its_way.extend_from_slice(&out);
    let len = rng.random_range(0..=to.on_its_way.len());
    deliver(to, len);
}

fn deliver(side: &mut Side, len: usize) {
    side.inbox.extend(side.on_its_way.drain(..len));
    side.connection
        .handle_input(epoch(), &mut side.inbox)
        .unwrap();
    while let Some(event) = side.connection.poll_event() {
        assert!(!matches!(event, Event::Closed(_)));
    }
}

/// Carries and reads until there is nothing more.
fn settle(sides: &mut [Side; 2]) {
    loop {
        let mut is_silent = true;
        for from in 0..2 {
            let mut out = Vec::new();
            while sides[from]
                .connection
                .poll_transmit(epoch(), &mut out)
                .is_some()
            {}
            let to = &mut sides[1 - from];
            is_silent &= out.is_empty() && to.on_its_way.is_empty();
            to.on_its_way.extend_from_slice(&out);
            let len = to.on_its_way.len();
            deliver(to, len);
            while let Some(stream) = to.connection.accept_stream() {
                to.streams.insert(stream, Progress::default());
            }
            for stream in to.streams.keys().copied().collect::<Vec<_>>() {
                read_one(to, stream, usize::MAX);
            }
        }
        if is_silent {
            return;
        }
    }
}

/// The byte of a stream at an offset, in either direction.
fn byte(stream: StreamId, at: u64) -> u8 {
    (at % 251) as u8 ^ (stream.as_u32() % 256) as u8
}
