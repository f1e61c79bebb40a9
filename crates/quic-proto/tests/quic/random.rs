//! Whatever both sides do in whatever order, over a network that loses, repeats and reorders.

use std::collections::BTreeMap;

use bytes::Bytes;
use rand::{RngExt as _, rngs::StdRng};
use sinew_quic_proto::{ConnectionHandle, ReadError, ReadState, StreamError, StreamId, WriteError};
use sinew_testkit::each_seed;

use crate::net::Net;

/// What one side knows of the streams that it holds: how far it has written and read.
#[derive(Default)]
struct Model {
    streams: BTreeMap<StreamId, Progress>,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    written: u64,
    read: u64,
    finished: bool,
}

#[test]
fn keeps_every_promise_under_random_operations() {
    each_seed(40, |seed| {
        let mut rng = seed.rng();
        let (mut net, dialer, listener) = Net::connected();
        net.reseed(rng.random());
        net.link.loss = rng.random_range(0..100);
        net.link.duplication = rng.random_range(0..50);
        net.link.jitter = net.link.delay * rng.random_range(0..3);
        let sides = [(0, dialer), (1, listener)];
        let mut models = [Model::default(), Model::default()];

        for _ in 0..600 {
            let side = rng.random_range(0..2);
            operate(&mut net, sides[side], &mut models, side, &mut rng);
            if rng.random_ratio(1, 4) {
                let time = net.link.delay.mul_f64(rng.random_range(0.0..2.0));
                net.run_for(time);
            }
        }

        net.link.loss = 0;
        for _ in 0..2 {
            for (node, handle) in sides {
                while let Some(stream) = net.connection(node, handle).accept_stream() {
                    models[node].streams.insert(stream, Progress::default());
                }
                for (stream, _) in std::mem::take(&mut models[node].streams) {
                    net.connection(node, handle).abandon(stream, 4);
                }
            }
            net.run_for(std::time::Duration::from_secs(20));
        }
        for (node, handle) in sides {
            let connection = net.connection(node, handle);
            assert_eq!(connection.close_reason(), None);
            assert_eq!(connection.stream_count(), 0);
            let mut available = 0;
            while let Some(stream) = connection.open_stream() {
                connection.abandon(stream, 0);
                available += 1;
            }
            assert!(available >= 12, "only {available} streams are left");
        }
    });
}

fn operate(
    net: &mut Net,
    (node, handle): (usize, ConnectionHandle),
    models: &mut [Model; 2],
    side: usize,
    rng: &mut StdRng,
) {
    let connection = net.connection(node, handle);
    let [own, other] = if side == 0 {
        let [own, other] = models;
        [own, other]
    } else {
        let [other, own] = models;
        [own, other]
    };
    let held: Vec<_> = own.streams.keys().copied().collect();
    let any = (!held.is_empty()).then(|| held[rng.random_range(0..held.len())]);

    match (rng.random_range(0..10), any) {
        (0, _) | (_, None) => {
            if let Some(stream) = connection.open_stream() {
                own.streams.insert(stream, Progress::default());
            }
        }
        (1, _) => {
            if let Some(stream) = connection.accept_stream() {
                own.streams.insert(stream, Progress::default());
            }
        }
        (2..=4, Some(stream)) => {
            let progress = own.streams.get_mut(&stream).unwrap();
            let len = rng.random_range(1..40_000);
            let mut data = pattern(stream, side, progress.written, len);
            match connection.write(stream, &mut data) {
                Ok(written) => {
                    assert!(!progress.finished, "wrote behind the end");
                    assert_eq!(data.len(), len - written);
                    progress.written += written as u64;
                }
                Err(WriteError::Blocked | WriteError::NotOpen | WriteError::Stopped { .. }) => {
                    assert_eq!(data.len(), len, "a failed write takes nothing");
                }
                Err(error) => panic!("{error}"),
            }
        }
        (5..=6, Some(stream)) => {
            let progress = own.streams.get_mut(&stream).unwrap();
            let max = rng.random_range(0..60_000);
            let mut read = Vec::new();
            let state = connection.read_with(stream, max, |bytes| read.extend(bytes));
            assert!(read.len() <= max);
            let expected = pattern(stream, 1 - side, progress.read, read.len());
            assert_eq!(read, expected, "what is read is what was written");
            progress.read += read.len() as u64;
            match state {
                Ok(ReadState::Ended) => {
                    if let Some(theirs) = other.streams.get(&stream) {
                        assert!(theirs.finished, "an end that nobody wrote");
                        assert_eq!(theirs.written, progress.read, "an end too early");
                    }
                }
                Ok(ReadState::More | ReadState::Drained)
                | Err(ReadError::Blocked | ReadError::NotOpen | ReadError::Reset { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        (7, Some(stream)) => match connection.finish(stream) {
            Ok(()) => own.streams.get_mut(&stream).unwrap().finished = true,
            Err(StreamError::NotOpen | StreamError::Stopped { .. }) => {}
            Err(error) => panic!("{error}"),
        },
        (8, Some(stream)) => match rng.random_range(0..3) {
            0 => connection.reset(stream, 1),
            1 => connection.stop(stream, 2),
            _ => connection.set_priority(stream, rng.random_range(-1..=1)),
        },
        (_, Some(stream)) => {
            connection.abandon(stream, 3);
            own.streams.remove(&stream);
        }
    }
}

/// What a side writes to a stream at an offset.
fn pattern(stream: StreamId, side: usize, offset: u64, len: usize) -> Bytes {
    (offset..offset + len as u64)
        .map(|at| (at ^ (at >> 8) ^ stream.as_u64() ^ side as u64) as u8)
        .collect()
}
