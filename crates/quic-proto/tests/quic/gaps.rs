//! Windows of which much gets lost at once: quinn-proto ends a connection when more than 2,048 pieces of a stream wait
//! and more than 1,024 are left when what touches is joined.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sinew_quic_proto::{CloseReason, Config, ConnectionHandle, ReadError, StreamId};

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
            assert!(odd.len() > 1024, "there are too few to prove anything");

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
fn whoever_sends_most_of_what_arrived_again_beside_a_thousand_gaps_is_let_go() {
    for piece in [SMALL, LARGE] {
        let mut flight = Flight::begin(piece);
        let (odd, _) = flight.every_other();
        let waiting = odd.len();

        flight.deliver(odd.clone());
        flight.deliver(odd.clone().into_iter().take(2048 - waiting));
        flight.assert_lives();
        flight.deliver(odd.into_iter().take(1));

        let end = flight.end();
        assert!(
            matches!(end, Some(CloseReason::Violation { .. })),
            "{end:?}"
        );
    }
}

#[test]
fn a_flight_that_loses_every_other_packet_arrives_in_packets_of_ethernet_whatever_comes_after() {
    let weather = [0.0, 0.1, 0.3, 0.5].map(Weather::then);
    let rough = weather.map(|it| Weather {
        is_shuffled: true,
        are_answers_lost: true,
        ..it
    });
    for weather in weather.into_iter().chain(rough) {
        let mut transfer = Transfer::begin(Some(1452));

        let lost = transfer.pass_through(weather);

        assert!(lost > 1024, "{weather:?}: only {lost} were lost");
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
    for weather in weather.into_iter().chain(rough) {
        let mut transfer = Transfer::begin(None);

        let lost = transfer.pass_through(weather);

        assert!(lost > 1024, "{weather:?}: only {lost} were lost");
        transfer.assert_arrives();
    }
}

/// A stream's whole window in pieces of one size, sent by somebody who loses and repeats what we like.
struct Flight {
    net: Net,
    attacker: Attacker,
    content: Vec<u8>,
    piece: usize,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Forwards,
    Backwards,
    Shuffled,
}

impl Flight {
    fn begin(piece: usize) -> Self {
        let mut net = Net::of(2);
        let mut attacker = Attacker::connect(&mut net, 1);
        // [RFC 9000 §19.12] DATA_BLOCKED: the connection's window grows while its peer waits for it.
        for _ in 0..8 {
            attacker.send(&mut net, &Frames::default().byte(0x14).varint(0).0);
        }
        let window = usize::try_from(Config::default().stream_receive_window).unwrap();
        Self {
            net,
            attacker,
            content: noise(1, window),
            piece,
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
        let handle = *self.net.nodes[1].connections.keys().next().unwrap();
        let connection = self.net.connection(1, handle);
        let stream = connection.accept_stream().unwrap();
        let mut read = Vec::new();
        while let Ok(Some(bytes)) = connection.read(stream, usize::MAX) {
            read.extend(bytes);
        }
        assert!(read == self.content, "{} bytes are right", read.len());
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
    /// What was written and not yet read.
    expected: Vec<u8>,
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
}

impl Weather {
    fn then(later: f64) -> Self {
        Self {
            is_shuffled: false,
            are_answers_lost: false,
            later,
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
                let is_lost = if sent <= first {
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
        }
        lost
    }

    /// Reads until everything that was written is there.
    fn assert_arrives(&mut self) {
        let mut read = Vec::new();
        let (stream, listener, expected) = (self.stream, self.listener, self.expected.len());
        self.net.run_until(|net| {
            net.wire.clear();
            assert_eq!(net.close_reason(1, listener), None);
            let connection = net.connection(1, listener);
            while connection.accept_stream().is_some() {}
            loop {
                match connection.read(stream, usize::MAX) {
                    Ok(Some(bytes)) => read.extend(bytes),
                    Ok(None) => panic!("the stream never ends"),
                    Err(ReadError::Closed) => panic!("the connection is over"),
                    Err(_) => break,
                }
            }
            read.len() >= expected
        });
        assert!(read == self.expected, "something else has arrived");
        self.expected.clear();
    }
}

/// Bytes of a packet that belong to it and its frame, at most.
const OVERHEAD: usize = 35;

/// What is in a full packet of 1,200 bytes, in bytes.
const SMALL: usize = 1200 - OVERHEAD;

/// What is in one of 1,452 bytes, which is what Ethernet carries.
const LARGE: usize = 1452 - OVERHEAD;
