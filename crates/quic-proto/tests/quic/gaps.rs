//! Windows of which much gets lost at once: quinn-proto ends a connection when more than 1,024 pieces of a stream are left
//! once what touches is joined. A window is too small for that, and what a waiting reader could not read yet is taken out
//! of it.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sinew_quic_proto::{CloseReason, Config, Connection, ConnectionHandle, ReadError, StreamId};
use sinew_sans_io::BufferBudget;

use crate::{
    attacker::{Attacker, Frames},
    net::{Build, Net, noise},
};

#[test]
fn every_other_packet_of_a_window_may_get_lost_in_whatever_order_the_rest_arrives() {
    for piece in [SMALL, LARGE] {
        for order in [Order::Forwards, Order::Backwards, Order::Shuffled] {
            let mut flight = Flight::begin(piece);
            let (odd, even) = flight.every_other();
            assert!(odd.len() > 700, "there are too few to prove anything");

            flight.deliver(order.of(odd));
            flight.assert_lives();
            flight.deliver(order.of(even));

            flight.assert_all_read();
        }
    }
}

#[test]
fn some_packets_may_come_again_while_every_other_one_is_missing() {
    for (piece, repeats) in [(SMALL, 372), (LARGE, 845)] {
        let mut flight = Flight::begin(piece);
        let (odd, mut even) = flight.every_other();

        flight.deliver(odd.clone());
        flight.deliver(odd.into_iter().take(repeats));
        flight.assert_lives();
        // What is missing comes in the order that leaves the most gaps, and the one that opens the way last.
        even.reverse();
        flight.deliver(even);

        flight.assert_all_read();
    }
}

#[test]
fn no_choice_of_lost_packets_ends_a_connection_while_few_come_again() {
    for (piece, repeats) in [(SMALL, 372), (LARGE, 845)] {
        for seed in 0..4 {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut flight = Flight::begin(piece);
            // Between all that leave nearly as many gaps as can be, and those that leave few.
            let lost = rng.random_range(0.3..0.6);
            let is_regular = seed % 2 == 0;
            let mut arrives = flight.pieces().skip(1).collect::<Vec<_>>();
            let mut missing = vec![0];
            arrives.retain(|it| {
                let is_lost = if is_regular && rng.random_bool(0.95) {
                    it % 2 == 0
                } else {
                    rng.random_bool(lost)
                };
                if is_lost {
                    missing.push(*it);
                }
                !is_lost
            });
            arrives.shuffle(&mut rng);
            missing.shuffle(&mut rng);

            flight.deliver(arrives.clone());
            flight.deliver(arrives.into_iter().take(repeats));
            flight.deliver(missing);

            flight.assert_all_read();
        }
    }
}

#[test]
fn what_arrived_may_come_again_and_again_while_every_other_packet_is_missing() {
    for piece in [SMALL, LARGE] {
        let mut flight = Flight::begin(piece);
        let (odd, even) = flight.every_other();

        for _ in 0..5 {
            flight.deliver(odd.clone());
        }
        flight.assert_lives();
        flight.deliver(even);

        flight.assert_all_read();
    }
}

#[test]
fn a_reader_that_waits_lets_its_peer_send_about_twice_the_window_and_no_more() {
    for piece in [SMALL, LARGE] {
        let mut flight = Flight::begin_longer(piece, 4);
        let window = u64::from(Config::default().stream_receive_window);
        let (odd, _) = flight.every_other();

        let mut sent = 0;
        for it in odd {
            flight.deliver([it]);
            assert!(flight.read().is_empty(), "what is first is missing");
            if let Some(end) = flight.end() {
                let expected = CloseReason::Violation {
                    code: FLOW_CONTROL_ERROR,
                    detail: String::new(),
                };
                assert_eq!(end, expected);
                break;
            }
            sent = ((it + 1) * piece) as u64;
        }

        assert!(flight.end().is_some(), "there is no bound");
        let allowed = window * 3 / 2..=2 * window;
        assert!(allowed.contains(&sent), "{sent} B");
    }
}

#[test]
fn what_a_waiting_reader_could_not_read_yet_comes_in_order_whatever_it_came_in() {
    for order in [Order::Forwards, Order::Backwards, Order::Shuffled] {
        let mut flight = Flight::begin_longer(LARGE, 1);
        let (odd, even) = flight.every_other();
        let mut read = Vec::new();

        for it in order.of(odd) {
            flight.deliver([it]);
            read.extend(flight.read());
        }
        assert!(read.is_empty(), "what is first is missing");
        flight.deliver([0]);
        read.extend(flight.read_at_most(LARGE / 2));
        for it in order.of(even) {
            flight.deliver([it]);
            read.extend(flight.read());
        }

        flight.assert_lives();
        assert!(read == flight.content, "{} bytes are right", read.len());
    }
}

#[test]
fn what_was_kept_beyond_a_gap_is_given_back_when_nobody_wants_it_any_more() {
    let ends: [fn(&mut Flight, StreamId); 4] = [
        |flight, stream| flight.connection().stop(stream, 1),
        |flight, stream| flight.connection().abandon(stream, 1),
        |flight, _| {
            // [RFC 9000 §19.4] RESET_STREAM.
            let len = flight.content.len() as u64;
            let reset = Frames::default().byte(0x04).varint(0).varint(7).varint(len);
            flight.attacker.send(&mut flight.net, &reset.0);
            let end = flight.try_read(usize::MAX);
            assert_eq!(end, Err(ReadError::Reset { code: 7 }));
        },
        |flight, _| {
            let (_, even) = flight.every_other();
            flight.deliver(even);
            assert!(flight.read() == flight.content);
        },
    ];
    for end in ends {
        let mut flight = Flight::begin_longer(LARGE, 1);
        let before = flight.buffers.taken();
        let (odd, _) = flight.every_other();
        for it in odd {
            flight.deliver([it]);
            flight.read();
        }
        let stream = flight.stream.unwrap();
        let kept = flight.buffers.taken() - before;
        assert!(
            kept as usize > flight.content.len() / 3,
            "{kept} B are kept"
        );

        end(&mut flight, stream);

        assert_eq!(flight.buffers.taken(), before);
        flight.assert_lives();
    }
}

#[test]
fn a_reset_after_a_part_of_what_was_kept_was_read_is_told_by_the_next_read() {
    let mut flight = Flight::begin_longer(LARGE, 1);
    for it in [1, 2, 3] {
        flight.deliver([it]);
        assert!(flight.read().is_empty());
    }
    flight.deliver([0]);
    let half = flight.read_at_most(LARGE / 2);
    let rest = flight.read_at_most(LARGE);
    let len = flight.content.len() as u64;
    let reset = Frames::default().byte(0x04).varint(0).varint(7).varint(len);
    flight.attacker.send(&mut flight.net, &reset.0);

    let stream = flight.stream.unwrap();
    let mut read = [half, rest].concat();
    let outcome = flight
        .connection()
        .read_with(stream, usize::MAX, |bytes| read.extend(bytes));

    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(read == flight.content[..read.len()] && read.len() >= 2 * LARGE);
    let next = flight.try_read(usize::MAX);
    assert_eq!(next, Err(ReadError::Reset { code: 7 }));
}

#[test]
fn the_end_is_told_when_all_before_it_was_read_wherever_it_comes() {
    for order in [[1, 3, 2, 0], [3, 2, 1, 0], [1, 2, 3, 0], [3, 1, 0, 2]] {
        for max in [usize::MAX, 1000] {
            let mut flight = Flight::begin_longer(LARGE, 1);
            flight.content.truncate(4 * LARGE);
            let mut read = Vec::new();
            for it in order {
                let at = it * LARGE;
                let data = &flight.content[at..at + LARGE];
                let mut frame = Frames::default().stream(0, at as u64, data);
                // [RFC 9000 §19.8] FIN.
                frame.0[0] |= u8::from(it == 3);
                flight.attacker.send(&mut flight.net, &frame.0);
                flight.net.drain();
                let stream = flight.stream;
                let connection = flight.connection();
                let stream = stream.or_else(|| connection.accept_stream()).unwrap();
                flight.stream = Some(stream);
                let connection = flight.connection();
                while let Ok(Some(bytes)) = connection.read(stream, max) {
                    read.extend(bytes);
                }
            }

            assert!(read == flight.content, "{order:?}: {} bytes", read.len());
            let stream = flight.stream.unwrap();
            assert_eq!(flight.connection().read(stream, max), Ok(None));
            assert_eq!(flight.connection().read(stream, max), Ok(None));
        }
    }
}

#[test]
fn without_room_beyond_gaps_a_reader_waits_for_what_is_missing_and_gets_it() {
    // What the window needs when four times as much is to be left to others, and no more.
    let window = (4 << 20) - BufferBudget::BASE;
    let buffers = BufferBudget::new(5 * window, u64::MAX);
    let mut flight = Flight::begin_with(LARGE, 1, buffers);
    let (odd, even) = flight.every_other();
    let mut read = Vec::new();

    for it in odd.into_iter().chain(even) {
        flight.deliver([it]);
        read.extend(flight.read());
        assert!(flight.buffers.taken() <= window);
    }

    flight.assert_lives();
    assert!(read == flight.content, "{} bytes are right", read.len());
}

#[test]
fn a_flight_that_loses_every_other_packet_arrives_in_packets_of_ethernet_whatever_comes_after() {
    let weather = [0.0, 0.1, 0.3, 0.5].map(Weather::then);
    let rough = weather.map(|it| Weather {
        is_shuffled: true,
        are_answers_lost: true,
        ..it
    });
    let read = rough.map(|it| Weather {
        is_read: true,
        ..it
    });
    let strict = [false, true].map(|is_read| Weather {
        is_read,
        is_strict: true,
        ..Weather::then(0.0)
    });
    for weather in weather.into_iter().chain(rough).chain(read).chain(strict) {
        let mut transfer = Transfer::begin(Some(1452));

        let lost = transfer.pass_through(weather);

        assert!(lost > 700, "{weather:?}: only {lost} were lost");
        transfer.assert_arrives();
    }
}

#[test]
fn a_flight_that_loses_every_other_packet_arrives_in_small_packets_when_what_is_repeated_does() {
    let weather = [0.0, 0.1].map(Weather::then);
    // The sender takes most of what arrived for lost, and sends it again.
    let rough = weather.map(|it| Weather {
        is_shuffled: true,
        are_answers_lost: true,
        ..it
    });
    let read = rough.map(|it| Weather {
        is_read: true,
        ..it
    });
    let strict = [false, true].map(|is_read| Weather {
        is_read,
        is_strict: true,
        ..Weather::then(0.0)
    });
    for weather in weather.into_iter().chain(rough).chain(read).chain(strict) {
        let mut transfer = Transfer::begin(None);

        let lost = transfer.pass_through(weather);

        assert!(lost > 700, "{weather:?}: only {lost} were lost");
        transfer.assert_arrives();
    }
}

/// A stream's whole window in pieces of one size, sent by somebody who loses and repeats what we like.
struct Flight {
    net: Net,
    attacker: Attacker,
    content: Vec<u8>,
    piece: usize,
    /// Once it is read.
    stream: Option<StreamId>,
    buffers: BufferBudget,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Forwards,
    Backwards,
    Shuffled,
}

impl Flight {
    fn begin(piece: usize) -> Self {
        Self::begin_longer(piece, 1)
    }

    /// As [`begin`](Self::begin), with `windows` times the window of a stream to send.
    fn begin_longer(piece: usize, windows: usize) -> Self {
        let unbounded = BufferBudget::new(u64::MAX, u64::MAX);
        Self::begin_with(piece, windows, unbounded)
    }

    fn begin_with(piece: usize, windows: usize, buffers: BufferBudget) -> Self {
        let nodes =
            [1, 2].map(|seed| Build::with_config(seed, |config| config.buffers = buffers.clone()));
        let mut net = Net::build(nodes);
        let mut attacker = Attacker::connect(&mut net, 1);
        fill_window(&mut net, &mut attacker);
        let window = usize::try_from(Config::default().stream_receive_window).unwrap();
        Self {
            net,
            attacker,
            content: noise(1, windows * window),
            piece,
            stream: None,
            buffers,
        }
    }

    fn pieces(&self) -> Range<usize> {
        0..self.content.len().div_ceil(self.piece)
    }

    /// Returns every other piece without the first, and the rest.
    fn every_other(&self) -> (Vec<usize>, Vec<usize>) {
        self.pieces().partition(|piece| piece % 2 == 1)
    }

    fn deliver(&mut self, pieces: impl IntoIterator<Item = usize>) {
        for piece in pieces {
            let at = piece * self.piece;
            let end = self.content.len().min(at + self.piece);
            let frame = Frames::default().stream(0, at as u64, &self.content[at..end]);
            self.attacker.send(&mut self.net, &frame.0);
            self.net.wire.clear();
        }
        self.attacker.receive(&mut self.net);
    }

    fn end(&self) -> Option<CloseReason> {
        self.attacker.end(&self.net)
    }

    fn assert_lives(&self) {
        assert_eq!(self.end(), None, "pieces of {} bytes", self.piece);
    }

    fn assert_all_read(&mut self) {
        self.assert_lives();
        let read = self.read();
        assert!(read == self.content, "{} bytes are right", read.len());
    }

    fn read(&mut self) -> Vec<u8> {
        self.read_at_most(usize::MAX)
    }

    /// Reads what there is, with what the first read gets bounded.
    fn read_at_most(&mut self, max: usize) -> Vec<u8> {
        let mut read = Vec::new();
        if let Ok(bytes) = self.try_read(max) {
            read.extend(bytes);
            while max == usize::MAX
                && let Ok(bytes) = self.try_read(max)
            {
                read.extend(bytes);
            }
        }
        read
    }

    fn try_read(&mut self, max: usize) -> Result<Bytes, ReadError> {
        self.net.drain();
        let stream = self.stream;
        let connection = self.connection();
        let stream = stream.or_else(|| connection.accept_stream()).unwrap();
        let read = connection.read(stream, max);
        self.stream = Some(stream);
        read.map(|bytes| bytes.expect("the stream does not end"))
    }

    fn connection(&mut self) -> &mut Connection {
        let handle = *self.net.nodes[1].connections.keys().next().unwrap();
        self.net.connection(1, handle)
    }
}

/// Makes the window of all streams larger than that of one.
fn fill_window(net: &mut Net, attacker: &mut Attacker) {
    let last = 2 * u64::from(Config::default().stream_receive_window);
    let padding = [0; 1100];
    let mut window = BufferBudget::BASE;
    while window < last {
        for _ in 0..window.div_ceil(1100) {
            attacker.send(net, &padding);
        }
        // [RFC 9000 §19.12] DATA_BLOCKED: the window grows while the peer waits for it.
        attacker.send(net, &Frames::default().byte(0x14).varint(0).0);
        net.wire.clear();
        window *= 2;
    }
}

impl Order {
    fn of(self, mut pieces: Vec<usize>) -> Vec<usize> {
        match self {
            Self::Forwards => {}
            Self::Backwards => pieces.reverse(),
            Self::Shuffled => pieces.shuffle(&mut StdRng::seed_from_u64(1)),
        }
        pieces
    }
}

/// A stream between two of ours that is so fast that all of its window is on the way.
struct Transfer {
    net: Net,
    dialer: ConnectionHandle,
    listener: ConnectionHandle,
    stream: StreamId,
    /// What was written and not yet seen to arrive.
    expected: Vec<u8>,
    /// What of it was read.
    read: Vec<u8>,
}

/// What becomes of packets, beside that every other one of a sender's first window is lost.
#[derive(Clone, Copy, Debug)]
struct Weather {
    /// The sender's packets of a millisecond come in any order.
    is_shuffled: bool,
    /// Nothing of what the receiver says in the first round trip arrives.
    are_answers_lost: bool,
    /// The share that is lost of what is sent after the first window.
    later: f64,
    /// After the first window, too, every other packet is lost, until nothing has been sent for a while.
    is_strict: bool,
    /// Somebody waits for what comes.
    is_read: bool,
}

impl Weather {
    fn then(later: f64) -> Self {
        Self {
            is_shuffled: false,
            are_answers_lost: false,
            later,
            is_strict: false,
            is_read: false,
        }
    }
}

impl Transfer {
    fn begin(max_mtu: Option<u16>) -> Self {
        let build = |seed| Build::with_config(seed, |config| config.max_mtu = max_mtu);
        let (mut net, dialer, listener) = Net::connect(Net::build([1, 2].map(build)));
        let stream = net.connection(0, dialer).open_stream().unwrap();
        let mut this = Self {
            net,
            dialer,
            listener,
            stream,
            expected: Vec::new(),
            read: Vec::new(),
        };
        // Until a whole window may be in flight, and both sides keep so much.
        let window = usize::try_from(Config::default().stream_receive_window).unwrap();
        for _ in 0..100 {
            this.write();
            let written = this.expected.len();
            this.assert_arrives();
            // What was read is credited, but for an eighth of the window.
            this.net.run_for(Duration::from_millis(100));
            let stats = this.net.connection(0, this.dialer).stats();
            let may_fly = stats.congestion_window_bytes >= window as u64;
            if written >= window / 8 * 7 && may_fly {
                return this;
            }
        }
        let stats = this.net.connection(0, this.dialer).stats();
        panic!("it does not become fast enough: {stats:?}");
    }

    /// Writes as much as there is room for.
    fn write(&mut self) {
        let connection = self.net.connection(0, self.dialer);
        loop {
            let data = noise(self.expected.len() as u64, 64 << 10);
            let mut rest = Bytes::copy_from_slice(&data);
            let Ok(written) = connection.write(self.stream, &mut rest) else {
                return;
            };
            self.expected.extend(&data[..written]);
        }
    }

    /// Sends a whole window through the weather, and returns how many packets of it were lost.
    fn pass_through(&mut self, weather: Weather) -> usize {
        self.write();
        let from = self.net.nodes[0].addr;
        let mtu = usize::from(self.net.connection(0, self.dialer).mtu());
        let first = self.expected.len().div_ceil(mtu - OVERHEAD);
        let mut rng = StdRng::seed_from_u64(1);
        let (mut sent, mut lost) = (0, 0);
        for millisecond in 0..200 {
            self.net.run_for(Duration::from_millis(1));
            let mut packets = self.net.intercept(1);
            if weather.is_shuffled {
                packets.shuffle(&mut rng);
            }
            for packet in packets {
                sent += 1;
                let is_lost = if weather.is_strict || sent <= first {
                    sent % 2 == 1
                } else {
                    rng.random_bool(weather.later)
                };
                if is_lost {
                    lost += 1;
                } else {
                    self.net.inject(from, 1, &packet);
                }
            }
            if weather.are_answers_lost && millisecond < 20 {
                self.net.intercept(0);
            }
            if weather.is_read {
                self.read();
            }
        }
        lost
    }

    /// Reads until everything that was written is there.
    fn assert_arrives(&mut self) {
        self.net.wire.clear();
        for _ in 0..100_000 {
            self.read();
            if self.read.len() >= self.expected.len() {
                break;
            }
            self.net.run_for(Duration::from_millis(1));
            self.net.wire.clear();
        }
        assert!(self.read == self.expected, "something else has arrived");
        self.expected.clear();
        self.read.clear();
    }

    /// Reads what there is.
    fn read(&mut self) {
        assert_eq!(self.net.close_reason(1, self.listener), None);
        let connection = self.net.connection(1, self.listener);
        while connection.accept_stream().is_some() {}
        loop {
            match connection.read(self.stream, usize::MAX) {
                Ok(Some(bytes)) => self.read.extend(bytes),
                Ok(None) => panic!("the stream never ends"),
                Err(ReadError::Closed) => panic!("the connection is over"),
                Err(_) => break,
            }
        }
    }
}

/// Bytes of a packet that belong to it and its frame, at most.
const OVERHEAD: usize = 35;

/// What is in a full packet of 1,200 bytes, in bytes.
const SMALL: usize = 1200 - OVERHEAD;

/// What is in one of 1,452 bytes, which is what Ethernet carries.
const LARGE: usize = 1452 - OVERHEAD;

/// [RFC 9000 §20.1]
const FLOW_CONTROL_ERROR: u64 = 0x03;
