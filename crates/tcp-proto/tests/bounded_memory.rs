//! What a stranger can make us hold, in bytes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "tcp/pair.rs"]
#[allow(dead_code, reason = "made for more tests than this one")]
mod pair;
#[path = "tcp/transcript.rs"]
#[allow(dead_code, reason = "made for more tests than this one")]
mod transcript;

use bytes::BytesMut;
use rand::Rng as _;
use sinew_sans_io::{Role, StreamMachine as _};
use sinew_tcp_proto::Phase;
use sinew_testkit::{CountingAllocator, Heap, Seed, epoch};
use transcript::CASES;

/// What is held on behalf of a peer that nobody knows: a handshake message of the largest size, once as it
/// came and once put together, and its records.
const BOUND: usize = 384 << 10;

/// How much a stranger says.
const SAID: usize = 4 << 20;

/// How much of it arrives at a time.
const PIECE: usize = 16 << 10;

#[test]
fn whatever_a_stranger_says_in_whatever_phase_takes_no_more_than_its_bound() {
    let mut random = vec![0; PIECE];
    Seed::new(1).rng().fill_bytes(&mut random);
    // Lengths that promise much: of a name, of Noise's messages, of records of each kind, of a client hello.
    let beginnings: [&[u8]; 9] = [
        &[],
        &[0xff, 0xff, 0xff, 0x7f],
        &[0xff, 0xff],
        &[22, 3, 1, 0x40, 0],
        &[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff],
        &[22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff],
        &[22, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff],
        &[23, 3, 3, 0x41, 0],
        &[20, 3, 3, 0, 1, 1],
    ];
    let mut most = 0;
    for case in CASES {
        for role in [Role::Dialer, Role::Listener] {
            let transcript = case.transcript(role);
            for phase in [
                Phase::Negotiation,
                Phase::Handshake,
                Phase::MuxerNegotiation,
                Phase::Open,
            ] {
                let Some(start) = transcript.start_of(phase) else {
                    continue;
                };
                for piece in [&random[..], &[0; PIECE], &[0xff; PIECE], &[22; PIECE]] {
                    for beginning in beginnings {
                        let mut machine = transcript.machine();
                        let mut input = BytesMut::from(&transcript.heard[..start]);
                        machine.handle_input(epoch(), &mut input).unwrap();
                        drop(input);

                        let heap = Heap::begin();
                        let mut input = BytesMut::from(beginning);
                        let mut out = Vec::new();
                        let mut said = 0;
                        while said < SAID && machine.handle_input(epoch(), &mut input).is_ok() {
                            input.extend_from_slice(piece);
                            said += piece.len();
                            while machine.poll_transmit(epoch(), &mut out).is_some() {}
                            out.clear();
                        }
                        let grown = heap.peak();

                        assert!(said < SAID, "nothing was wrong with it in {phase:?}");
                        assert!(grown < BOUND, "{grown} bytes in {phase:?}");
                        most = most.max(grown);
                    }
                }
            }
        }
    }
    // The instrument works.
    assert!(most > PIECE, "only {most} bytes were seen");
    eprintln!("{most} bytes at most");
}

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;
