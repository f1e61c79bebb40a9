//! Whatever both sides do in whatever order, however it is cut and delayed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use rand::{RngExt as _, rngs::StdRng};
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_testkit::{each_seed, epoch};
use sinew_yamux_proto::{
    Config, Connection, Event, OpenError, ReadError, ReadState, StreamError, StreamId, WriteError,
};

use crate::pair::noise;

/// Two sides, and what is on its way to each.
struct World {
    sides: [Side; 2],
    now: Instant,
    rng: StdRng,
}

struct Side {
    connection: Connection,
    on_its_way: Vec<u8>,
    inbox: BytesMut,
    streams: BTreeMap<StreamId, Progress>,
    events: Vec<Event>,
}

/// How far one side has come with a stream that it holds.
#[derive(Clone, Copy, Default)]
struct Progress {
    written: u64,
    read: u64,
    finished: bool,
    broken: bool,
}

impl World {
    fn new(mut rng: StdRng) -> Self {
        let sides = [Role::Dialer, Role::Listener].map(|role| {
            let config = Arc::new(some_config(&mut rng));
            Side {
                connection: Connection::new(epoch(), role, config).unwrap(),
                on_its_way: Vec::new(),
                inbox: BytesMut::new(),
                streams: BTreeMap::new(),
                events: Vec::new(),
            }
        });
        Self {
            sides,
            now: epoch(),
            rng,
        }
    }

    /// Takes some output of one side, and delivers some to the other.
    fn carry(&mut self, from: usize) {
        let max = self.rng.random_range(13..50_000);
        let taken = self.rng.random_bool(0.8);
        let share = self.rng.random_range(0.0_f64..2.0).min(1.0);
        if taken {
            self.transmit(from, max);
        }
        let waiting = self.sides[1 - from].on_its_way.len() as f64;
        self.deliver(1 - from, (waiting * share) as usize);
    }

    fn transmit(&mut self, from: usize, max: usize) -> bool {
        let now = self.now;
        let [first, second] = &mut self.sides;
        let (from, to) = if from == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let before = to.on_its_way.len();
        let sent = from
            .connection
            .poll_transmit_up_to(now, max, &mut to.on_its_way);
        let len = to.on_its_way.len() - before;
        assert_eq!(sent.map_or(0, usize::from), len);
        assert!(len <= max);
        assert!(sent.is_none() || max >= 12);
        len > 0
    }

    fn deliver(&mut self, to: usize, len: usize) {
        let side = &mut self.sides[to];
        side.inbox.extend(side.on_its_way.drain(..len));
        side.connection
            .handle_input(self.now, &mut side.inbox)
            .unwrap();
        side.events
            .extend(std::iter::from_fn(|| side.connection.poll_event()));
    }

    /// Carries everything until both fall silent.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            let mut is_silent = true;
            for from in [0, 1] {
                while self.transmit(from, 10_000) {
                    is_silent = false;
                }
                let len = self.sides[1 - from].on_its_way.len();
                self.deliver(1 - from, len);
            }
            if is_silent {
                return;
            }
        }
        panic!("the two do not fall silent");
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        for side in &mut self.sides {
            side.connection.handle_timeout(self.now).unwrap();
        }
    }
}

#[test]
fn keeps_every_promise_under_random_operations() {
    each_seed(100, |seed| {
        let mut world = World::new(seed.rng());
        for _ in 0..1500 {
            let side = world.rng.random_range(0..2);
            operate(&mut world, side);
            if world.rng.random_ratio(1, 3) {
                let from = world.rng.random_range(0..2);
                world.carry(from);
            }
            if world.rng.random_ratio(1, 10) {
                let time = Duration::from_millis(world.rng.random_range(0..200));
                world.wait(time);
            }
        }
        world.settle();

        for _ in 0..2 {
            for side in &mut world.sides {
                while let Some(stream) = side.connection.accept_stream() {
                    side.streams.insert(stream, Progress::default());
                }
                for (stream, _) in std::mem::take(&mut side.streams) {
                    side.connection.abandon(stream, 4);
                }
            }
            world.settle();
        }
        for _ in 0..30 {
            world.wait(Duration::from_secs(5));
            world.settle();
        }

        for side in &world.sides {
            assert_eq!(side.connection.close_reason(), None);
            let stats = side.connection.stats();
            let counts = (stats.inbound_streams, stats.outbound_streams);
            assert_eq!((counts, stats.unacknowledged_streams), ((0, 0), 0));
            assert_eq!((stats.unsent_bytes, stats.unread_bytes), (0, 0));
            assert_eq!(stats.receive_window_bytes, 0);
        }
    });
}

fn operate(world: &mut World, at: usize) {
    let World { sides, rng, .. } = world;
    let [first, second] = sides;
    let (own, other) = if at == 0 {
        (first, &mut *second)
    } else {
        (second, &mut *first)
    };
    let connection = &mut own.connection;
    let held: Vec<_> = own.streams.keys().copied().collect();
    let any = (!held.is_empty()).then(|| held[rng.random_range(0..held.len())]);

    match (rng.random_range(0..12), any) {
        (0, _) | (_, None) => match connection.open_stream() {
            Ok(stream) => {
                own.streams.insert(stream, Progress::default());
            }
            Err(error) => assert_eq!(error, OpenError::Blocked),
        },
        (1, _) => {
            if let Some(stream) = connection.accept_stream() {
                own.streams.insert(stream, Progress::default());
            }
        }
        (2..=4, Some(stream)) => {
            let progress = own.streams.get_mut(&stream).unwrap();
            let len = rng.random_range(1..60_000);
            let mut data = pattern(stream, at, progress.written, len);
            let written = if rng.random() {
                let written = connection.write_slice(stream, &data);
                data = data.split_off(written.unwrap_or(0));
                written
            } else {
                connection.write(stream, &mut data)
            };
            match written {
                Ok(written) => {
                    assert!(!progress.finished && !progress.broken);
                    assert_eq!(data.len(), len - written);
                    progress.written += written as u64;
                }
                Err(WriteError::Blocked | WriteError::NotOpen | WriteError::Stopped { .. }) => {
                    assert_eq!(data.len(), len, "a failed write takes nothing");
                }
                Err(error) => panic!("{error}"),
            }
        }
        (5..=7, Some(stream)) => {
            let progress = own.streams.get_mut(&stream).unwrap();
            let max = rng.random_range(1..100_000);
            let mut read = Vec::new();
            let state = connection.read_with(stream, max, |bytes| read.extend(bytes));
            assert!(read.len() <= max);
            let expected = pattern(stream, 1 - at, progress.read, read.len());
            assert!(read == expected, "what is read is what was written");
            progress.read += read.len() as u64;
            match state {
                Ok(ReadState::Ended) => {
                    // The other side may have let go of it by now.
                    if let Some(theirs) = other.streams.get(&stream) {
                        assert!(theirs.finished);
                        assert_eq!(theirs.written, progress.read);
                    }
                }
                Ok(ReadState::More | ReadState::Drained) => assert!(!read.is_empty()),
                Err(ReadError::Reset { .. } | ReadError::NotOpen | ReadError::Blocked) => {}
                Err(error) => panic!("{error}"),
            }
        }
        (8, Some(stream)) => match connection.finish(stream) {
            Ok(()) => own.streams.get_mut(&stream).unwrap().finished = true,
            Err(StreamError::Stopped { .. } | StreamError::NotOpen) => {}
            Err(error) => panic!("{error}"),
        },
        (9, Some(stream)) => {
            if rng.random_ratio(1, 3) {
                connection.reset(stream, 1);
                own.streams.get_mut(&stream).unwrap().broken = true;
            } else {
                connection.stop(stream, 2);
            }
        }
        (10, Some(stream)) => connection.set_priority(stream, rng.random_range(-2..3)),
        (_, Some(stream)) => {
            connection.abandon(stream, 3);
            own.streams.remove(&stream);
        }
    }
}

/// An application that acts on events alone: a wake-up that is missing leaves it waiting for ever.
#[test]
fn whoever_waits_for_an_event_gets_it() {
    each_seed(40, |seed| {
        let mut world = World::new(seed.rng());
        let mut jobs = [Jobs::default(), Jobs::default()];
        for jobs in &mut jobs {
            jobs.to_open = world.rng.random_range(1..20);
        }
        let len = world.rng.random_range(0..600_000);

        let (mut moved, mut steps_since) = (0, 0);
        while steps_since < 5000 {
            for at in [0, 1] {
                let side = &mut world.sides[at];
                jobs[at].act(at, side, len);
            }
            if jobs.iter().all(Jobs::is_done) {
                break;
            }
            let from = world.rng.random_range(0..2);
            world.carry(from);
            world.now += Duration::from_micros(world.rng.random_range(0..500));
            let received = |side: &Side| side.connection.stats().received_bytes;
            let all = world.sides.iter().map(received).sum::<u64>();
            let has_moved = std::mem::replace(&mut moved, all) < all;
            steps_since = if has_moved { 0 } else { steps_since + 1 };
        }

        for (jobs, side) in jobs.iter().zip(&world.sides) {
            assert!(jobs.is_done(), "{jobs:?} {:?}", side.connection.stats());
        }
    });
}

/// What one side has to do: open streams, send on each of them, and read what the other side sends.
#[derive(Debug, Default)]
struct Jobs {
    started: bool,
    to_open: usize,
    /// How much was written and read, and whether both ends are there.
    open: BTreeMap<StreamId, (u64, u64, bool)>,
    writable: BTreeSet<StreamId>,
    readable: BTreeSet<StreamId>,
}

impl Jobs {
    fn is_done(&self) -> bool {
        self.started && self.to_open == 0 && self.open.is_empty()
    }

    fn act(&mut self, at: usize, side: &mut Side, len: u64) {
        let is_first = !std::mem::replace(&mut self.started, true);
        let (mut may_open, mut may_accept) = (is_first, is_first);
        side.events
            .extend(std::iter::from_fn(|| side.connection.poll_event()));
        for event in side.events.drain(..) {
            match event {
                Event::StreamOpened => may_accept = true,
                Event::StreamsAvailable => may_open = true,
                Event::Readable { stream } => drop(self.readable.insert(stream)),
                Event::Writable { stream } => drop(self.writable.insert(stream)),
                Event::Finished { stream } => self.open.get_mut(&stream).unwrap().2 = true,
                event => panic!("{event:?}"),
            }
        }
        while may_open && self.to_open > 0 {
            let Ok(stream) = side.connection.open_stream() else {
                break;
            };
            self.to_open -= 1;
            self.start(stream);
        }
        while may_accept && let Some(stream) = side.connection.accept_stream() {
            self.start(stream);
        }
        for stream in std::mem::take(&mut self.writable) {
            self.write(at, stream, side, len);
        }
        for stream in std::mem::take(&mut self.readable) {
            self.read(at, stream, side);
        }
        self.open.retain(|stream, (_, read, is_finished)| {
            let is_over = *is_finished && *read == u64::MAX;
            if is_over {
                side.connection.abandon(*stream, 0);
            }
            !is_over
        });
    }

    fn start(&mut self, stream: StreamId) {
        self.open.insert(stream, (0, 0, false));
        self.writable.insert(stream);
        self.readable.insert(stream);
    }

    fn write(&mut self, at: usize, stream: StreamId, side: &mut Side, len: u64) {
        let (written, ..) = self.open.get_mut(&stream).unwrap();
        while *written < len {
            let piece = usize::try_from(len - *written).unwrap().min(30_000);
            let mut data = pattern(stream, at, *written, piece);
            match side.connection.write(stream, &mut data) {
                Ok(len) => *written += len as u64,
                Err(error) => return assert_eq!(error, WriteError::Blocked),
            }
        }
        side.connection.finish(stream).unwrap();
    }

    fn read(&mut self, at: usize, stream: StreamId, side: &mut Side) {
        let (_, read, _) = self.open.get_mut(&stream).unwrap();
        loop {
            match side.connection.read(stream, 50_000) {
                Ok(Some(bytes)) => {
                    assert!(bytes == pattern(stream, 1 - at, *read, bytes.len()));
                    *read += bytes.len() as u64;
                }
                Ok(None) => return *read = u64::MAX,
                Err(error) => return assert_eq!(error, ReadError::Blocked),
            }
        }
    }
}

fn some_config(rng: &mut StdRng) -> Config {
    let mut config = Config::default();
    // Both sides must take what the other opens, or streams are refused.
    config.max_outbound_streams = rng.random_range(1..30);
    config.max_unacknowledged_streams = rng.random_range(1..30);
    config.max_inbound_streams = 256;
    config.stream_send_buffer = rng.random_range(1..100_000);
    config.send_buffer = rng.random_range(1..200_000);
    config.max_frame_payload = rng.random_range(1_000..100_000);
    config.window_growth = rng.random_range(0..4 << 20);
    config
}

/// What one side writes at an offset of a stream.
fn pattern(stream: StreamId, side: usize, offset: u64, len: usize) -> Bytes {
    static NOISE: OnceLock<Bytes> = OnceLock::new();
    let noise = NOISE.get_or_init(|| Bytes::from(noise(1, 2 << 20)));
    let start = u64::from(stream.as_u32()) * 31 + side as u64 * 101 + offset;
    let start = (start % (1 << 20)) as usize;
    noise.slice(start..start + len)
}
