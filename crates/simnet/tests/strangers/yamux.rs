//! One who has come in by the rules over TCP, with TLS or Noise, and says whatever Yamux it likes.

use std::time::Duration;

use sinew::Host;
use sinew_simnet::World;
use sinew_tcp::SecurityProtocol;
use sinew_transport::BufferBudget;

use crate::{
    lines::RTT,
    siege::{ECHO, Siege, tcp_at},
    tunnel::Tunnel,
    yamux_frames::{RST, SYN, WINDOW, data, go_away, header, ping, update},
};

#[test]
fn yamux_frames_that_no_peer_may_send_end_their_connection_alone_whatever_they_announce() {
    let open = || update(1, SYN, 0);
    // What is read before the stream is reset is given back.
    let hoard = data(1, 0, &[1; 1 << 14]).repeat(32);
    let attacks = [
        (
            "a first frame beyond the window",
            header(0, SYN, 1, WINDOW + 1),
        ),
        ("a first frame of 4 GiB", header(0, SYN, 1, u32::MAX)),
        (
            "a frame of 4 GiB",
            [open(), header(0, 0, 1, u32::MAX)].concat(),
        ),
        ("more than the window", [open(), hoard].concat()),
        ("credit beyond 32 bits at first", update(1, SYN, u32::MAX)),
        (
            "credit beyond 32 bits",
            [open(), update(1, 0, u32::MAX)].concat(),
        ),
        ("data on a stream that never was", data(7, 0, b"hello")),
        ("a stream twice", [open(), open()].concat()),
        ("a stream of the victim's", update(2, SYN, 0)),
        ("a go-away for a reason that is none", go_away(77)),
        ("a go-away behind a violation", go_away(1)),
        ("a type that is none", header(9, 0, 0, 0)),
        ("a flag that is none", header(0, 0x40, 1, 0)),
    ];
    for (name, frames) in attacks {
        besiege(BOUND, async |world, tunnel, bob| {
            tunnel.say(&frames);
            // TCP begins slowly.
            world.sleep(10 * RTT).await;

            assert!(tunnel.has_ended(), "{name}");
            assert_eq!(bob.swarm().usage().inbound_connections, 1, "{name}");
        });
    }
}

#[test]
fn a_flood_of_streams_is_refused_beyond_the_limit() {
    besiege(BOUND, async |world, tunnel, bob| {
        let mut refused = 0;
        for round in 0..200 {
            let streams = (0..100).map(|it| update(2 * (100 * round + it) + 1, SYN, 0));
            tunnel.say(&streams.collect::<Vec<_>>().concat());
            world.sleep(PAUSE).await;
            refused += resets(&tunnel.hear());
            assert!(bob.swarm().usage().negotiating <= 256);
        }
        world.sleep(2 * RTT).await;
        refused += resets(&tunnel.hear());

        assert_eq!(refused, 200 * 100 - 256);
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

#[test]
fn streams_reset_as_soon_as_they_are_opened_leave_nothing_over_tcp_either() {
    besiege(BOUND, async |world, tunnel, bob| {
        for round in 0..200 {
            let streams = (0..100).map(|it| {
                let id = 2 * (100 * round + it) + 1;
                [update(id, SYN, 0), update(id, RST, 7)].concat()
            });
            tunnel.say(&streams.collect::<Vec<_>>().concat());
            world.sleep(PAUSE).await;
            tunnel.hear();
        }
        world.sleep(2 * RTT).await;

        assert_eq!(bob.swarm().usage().inbound_connections, 2);
        assert_eq!(bob.swarm().usage().negotiating, 0);
    });
}

#[test]
fn a_flood_of_pings_is_answered_with_no_more() {
    besiege(BOUND, async |world, tunnel, bob| {
        let (mut said, mut heard) = (0, 0);
        for round in 0..200 {
            let pings: Vec<_> = (0..100).flat_map(|it| ping(100 * round + it)).collect();
            said += pings.len();
            tunnel.say(&pings);
            world.sleep(PAUSE).await;
            heard += tunnel.hear().len();
        }
        world.sleep(2 * RTT).await;
        heard += tunnel.hear().len();

        assert_eq!(heard, said);
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

#[test]
fn a_flood_of_credit_in_single_bytes_costs_nothing() {
    besiege(BOUND, async |world, tunnel, bob| {
        tunnel.say(&update(1, SYN, 0));
        let credit: Vec<_> = (0..100).flat_map(|it| update(1, 0, it % 2)).collect();
        for _ in 0..200 {
            tunnel.say(&credit);
            world.sleep(PAUSE).await;
        }

        assert!(tunnel.hear().len() < 1000);
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

#[test]
fn empty_frames_without_end_cost_nothing() {
    besiege(BOUND, async |world, tunnel, bob| {
        tunnel.say(&update(1, SYN, 0));
        for _ in 0..200 {
            tunnel.say(&data(1, 0, &[]).repeat(100));
            // A record with nothing in it, too.
            tunnel.say(&[]);
            world.sleep(PAUSE).await;
        }

        assert!(tunnel.hear().len() < 1000);
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

/// Each byte of them is read, and counted against a window, although nobody wants it.
#[test]
fn data_for_a_stream_that_was_reset_is_dropped_as_far_as_its_window_went() {
    besiege(BOUND, async |world, tunnel, bob| {
        // No protocol begins like this, so that the stream is reset.
        tunnel.say(&[update(1, SYN, 0), data(1, 0, &[0xff; 16])].concat());
        world.sleep(2 * RTT).await;
        assert_eq!(resets(&tunnel.hear()), 1);
        for _ in 0..15 {
            tunnel.say(&data(1, 0, &[1; 1 << 14]));
            world.sleep(PAUSE).await;
        }
        world.sleep(2 * RTT).await;
        assert_eq!(bob.swarm().usage().inbound_connections, 2);

        tunnel.say(&data(1, 0, &[1; 1 << 14]).repeat(2));
        world.sleep(2 * RTT).await;

        assert!(tunnel.has_ended());
        assert_eq!(bob.swarm().usage().inbound_connections, 1);
    });
}

#[test]
fn one_who_says_that_it_goes_and_stays_is_served_and_remembered_once() {
    besiege(BOUND, async |world, tunnel, bob| {
        let mut ended = 0;
        for round in 0..100 {
            tunnel.say(&go_away(0).repeat(100));
            let id = 2 * round + 1;
            tunnel.say(&[update(id, SYN, 0), data(id, 4, &asking(b"hello"))].concat());
            world.sleep(PAUSE).await;
            ended += echoes(&tunnel.hear(), b"hello");
        }
        world.sleep(2 * RTT).await;
        ended += echoes(&tunnel.hear(), b"hello");

        assert_eq!(ended, 100);
        assert_eq!(bob.swarm().usage().inbound_connections, 2);
    });
}

#[test]
fn one_who_says_half_of_something_is_given_up_when_it_does_not_answer() {
    let halves: [(&str, Say); 4] = [
        ("header", |it| {
            it.say(&update(1, SYN, 0)[..5]);
        }),
        ("payload", |it| {
            it.say(&data(1, SYN, &[7; 1000])[..500]);
        }),
        ("length of a record", |it| it.say_raw(&[23])),
        // 256 bytes of a record of 16 KiB, or as much of one of 6 KiB with Noise.
        ("record", |it| {
            it.say_raw(&[&[0x17, 3, 3, 0x40, 0][..], &[0; 251]].concat())
        }),
    ];
    for (name, half) in halves {
        besiege(BOUND, async |world, tunnel, bob| {
            half(tunnel);
            world.sleep(KEEP_ALIVE - MARGIN).await;
            assert_eq!(bob.swarm().usage().inbound_connections, 2, "{name}");
            world.sleep(2 * MARGIN).await;

            assert!(tunnel.has_ended(), "{name}");
            assert_eq!(bob.swarm().usage().inbound_connections, 1, "{name}");
        });
    }
}

#[test]
fn one_who_never_reads_answers_is_not_listened_to_and_given_up() {
    let floods: [(&str, Frame); 2] = [
        ("pings", ping),
        ("streams", |number| update(2 * number + 1, SYN, 0)),
    ];
    for (name, frame) in floods {
        besiege(BOUND + KERNELS, async |world, tunnel, bob| {
            let mut number = 0;
            loop {
                let frames: Vec<_> = (0..1000).flat_map(|it| frame(number + it)).collect();
                number += 1000;
                let is_heard = tunnel.say(&frames);
                world.sleep(PAUSE).await;
                if !is_heard {
                    break;
                }
                assert!(number < 5_000_000, "{name} are listened to for ever");
            }
            world.sleep(KEEP_ALIVE + MARGIN).await;

            assert_eq!(bob.swarm().usage().inbound_connections, 1, "{name}");
        });
    }
}

#[test]
fn one_who_asks_for_echoes_and_reads_none_takes_bounded_memory_and_is_given_up() {
    const STREAMS: u32 = 16;
    let windows = usize::try_from(STREAMS * WINDOW).unwrap();
    // What is read and not sent on, what is not read, and what the attacker keeps itself.
    let bound = BOUND + KERNELS + 3 * windows;
    besiege(bound, async |world, tunnel, bob| {
        let letter = vec![7; WINDOW as usize - 100];
        for id in 0..STREAMS {
            tunnel.say(&update(2 * id + 1, SYN, u32::MAX - WINDOW));
            for piece in asking(&letter).chunks(1 << 14) {
                tunnel.say(&data(2 * id + 1, 0, piece));
            }
            world.sleep(PAUSE).await;
        }
        let config = bob.config().limits;
        assert!(bob.swarm().usage().buffered_bytes <= config.max_buffered_bytes_per_connection);
        world.sleep(KEEP_ALIVE + MARGIN).await;

        assert_eq!(bob.swarm().usage().inbound_connections, 1);
    });
}

/// Says half of something.
type Say = fn(&mut Tunnel);

/// Makes the frame with a number.
type Frame = fn(u32) -> Vec<u8>;

/// Lets one who has come in do as it likes, over each security, with `bound` bytes for the whole world.
fn besiege(bound: usize, attack: impl AsyncFn(&World, &mut Tunnel, &Host)) {
    for security in SecurityProtocol::ALL {
        let siege = Siege::new(tcp_at);
        siege.run(async |siege, bob| {
            let Siege {
                world,
                stranger,
                victim,
                ..
            } = siege;
            let mut tunnel = Tunnel::come_in(world, stranger, victim, security).await;
            siege
                .measure(bob, bound, async || attack(world, &mut tunnel, bob).await)
                .await;
        });
    }
}

/// Returns what asks for an echo of `text`, without waiting for an answer.
fn asking(text: &[u8]) -> Vec<u8> {
    let name = format!("{ECHO}\n");
    let len = u8::try_from(name.len()).unwrap();
    [
        b"\x13/multistream/1.0.0\n",
        &[len][..],
        name.as_bytes(),
        text,
    ]
    .concat()
}

/// Counts the frames that reset a stream.
fn resets(heard: &[u8]) -> u32 {
    let mut count = 0;
    let mut rest = heard;
    while let Some((header, after)) = rest.split_first_chunk::<12>() {
        let len = u32::from_be_bytes(header[8..].try_into().unwrap());
        let is_data = header[1] == 0;
        let flags = u16::from_be_bytes([header[2], header[3]]);
        count += u32::from(flags & RST != 0);
        rest = &after[if is_data { len as usize } else { 0 }..];
    }
    assert!(rest.is_empty());
    count
}

/// Counts how often `text` stands in what was heard.
fn echoes(heard: &[u8], text: &[u8]) -> usize {
    let windows = heard.windows(text.len());
    windows.filter(|window| *window == text).count()
}

/// What is set aside for both connections, and as much on the way and at the honest end.
const BOUND: usize = 4 * 2 * BufferBudget::BASE as usize;

/// What the kernels on both sides hold of a stream whose bytes nobody takes: each 4 MiB in each direction.
const KERNELS: usize = 4 * (4 << 20);

/// After so long without an answer a peer is given up: a ping after 30 s of silence, which has 20 s.
const KEEP_ALIVE: Duration = Duration::from_secs(50);

/// What is said last is not always what is heard last.
const MARGIN: Duration = Duration::from_secs(2);

/// Between two things that are said.
const PAUSE: Duration = Duration::from_millis(5);
