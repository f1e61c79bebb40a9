//! Bytes that are not what the peer said: one error that names the phase, in each phase.

use bytes::BytesMut;
use rand::{Rng as _, RngExt as _};
use sinew_sans_io::{Role, StreamMachine as _};
use sinew_tcp_proto::{CloseReason, Connection, Error, Fault, Phase};
use sinew_testkit::{Seed, epoch};

use crate::transcript::{CASES, Transcript};

const PHASES: [Phase; 4] = [
    Phase::Negotiation,
    Phase::Handshake,
    Phase::MuxerNegotiation,
    Phase::Open,
];

/// All that there is to be heard, in either role.
fn transcripts() -> impl Iterator<Item = Transcript> {
    CASES
        .into_iter()
        .flat_map(|case| [Role::Dialer, Role::Listener].map(|role| case.transcript(role)))
}

/// Has a fresh machine hear `said` and then the end, and returns why it failed.
fn fate(transcript: &Transcript, said: &[u8]) -> Option<Error> {
    fate_of(transcript.machine(), said)
}

fn fate_of(mut machine: Connection, said: &[u8]) -> Option<Error> {
    let mut input = BytesMut::from(said);
    let mut result = machine.handle_input(epoch(), &mut input);
    let mut out = Vec::new();
    while machine.poll_transmit(epoch(), &mut out).is_some() {}
    result = result.and_then(|()| machine.handle_eof(epoch()));
    while machine.poll_transmit(epoch(), &mut out).is_some() {}
    assert!(out.len() < 8 << 10, "{} bytes were said", out.len());
    assert!(machine.is_drained());
    let reason = machine.close_reason().unwrap().clone();
    match (result, reason) {
        (Err(error), CloseReason::Failed(reason)) => {
            assert_eq!(error, reason);
            if let Error::Violation { .. } = error {
                assert_eq!(error.fault(), Fault::Peer);
            }
            Some(error)
        }
        (Ok(()), CloseReason::HungUp) => None,
        (result, reason) => panic!("{result:?} beside {reason:?}"),
    }
}

/// Returns some offsets in what is heard, at least one in each phase.
fn offsets(transcript: &Transcript, rng: &mut rand::rngs::StdRng) -> Vec<usize> {
    let phases = &transcript.phases;
    let is_first = |&at: &usize| at == 0 || phases[at] != phases[at - 1];
    let mut offsets: Vec<_> = (0..phases.len()).filter(is_first).collect();
    offsets.extend((0..24).map(|_| rng.random_range(0..phases.len())));
    offsets
}

#[test]
fn a_flipped_bit_is_an_error_of_the_phase_that_it_is_in() {
    let mut rng = Seed::new(1).rng();
    for transcript in transcripts() {
        for at in offsets(&transcript, &mut rng) {
            let mut said = transcript.heard.clone();
            said[at] ^= 1 << rng.random_range(0..8);

            let Some(error) = fate(&transcript, &said) else {
                assert!(transcript.is_meaningless(at), "nobody noticed at {at}");
                continue;
            };
            assert_eq!(error.phase(), transcript.phases[at], "{error:?}");
        }
    }
}

#[test]
fn an_early_end_is_an_error_of_the_phase_that_it_is_in() {
    let mut rng = Seed::new(2).rng();
    for transcript in transcripts() {
        for at in offsets(&transcript, &mut rng) {
            let phase = transcript.phases[at];

            let error = fate(&transcript, &transcript.heard[..at]);

            match error {
                None => assert_eq!(phase, Phase::Open),
                Some(error) => {
                    assert_eq!(error, Error::Truncated { phase });
                    assert_eq!(error.fault(), Fault::Network);
                }
            }
        }
    }
}

#[test]
fn what_was_said_before_is_not_accepted_again() {
    for transcript in transcripts() {
        let heard = &transcript.heard;
        for phase in [Phase::Handshake, Phase::MuxerNegotiation, Phase::Open] {
            let Some(start) = transcript.start_of(phase) else {
                continue;
            };
            let said = [heard, &heard[start..]].concat();

            let error = fate(&transcript, &said).unwrap();

            assert_eq!(error.phase(), Phase::Open);
            assert!(matches!(error, Error::Violation { .. }), "{error:?}");
        }
    }
}

#[test]
fn records_in_another_order_are_not_accepted() {
    for transcript in transcripts() {
        let heard = &transcript.heard;
        // The last two records are the letter and the answers to ours, of different lengths.
        let start = transcript.start_of(Phase::Open).unwrap();
        let middle = start + (heard.len() - start) / 2;
        let said = [&heard[..start], &heard[middle..], &heard[start..middle]].concat();

        let error = fate(&transcript, &said).unwrap();

        assert_eq!(error.phase(), Phase::Open);
    }
}

#[test]
fn halves_of_any_phase_in_another_order_are_an_error_of_it() {
    for transcript in transcripts() {
        let heard = &transcript.heard;
        for phase in PHASES {
            let (Some(start), Some(end)) = (transcript.start_of(phase), transcript.end_of(phase))
            else {
                continue;
            };
            let middle = start + (end - start) / 2;
            let said = [
                &heard[..start],
                &heard[middle..end],
                &heard[start..middle],
                &heard[end..],
            ]
            .concat();

            let error = fate(&transcript, &said).unwrap();

            assert_eq!(error.phase(), phase, "{error:?}");
        }
    }
}

#[test]
fn a_phase_that_is_said_twice_is_an_error_of_what_should_follow_it() {
    for transcript in transcripts() {
        let heard = &transcript.heard;
        for phase in PHASES {
            let (Some(start), Some(end)) = (transcript.start_of(phase), transcript.end_of(phase))
            else {
                continue;
            };
            let said = [&heard[..end], &heard[start..end], &heard[end..]].concat();

            let error = fate(&transcript, &said).unwrap();

            let next = transcript.phases.get(end).copied().unwrap_or(phase);
            assert_eq!(error.phase(), next, "{error:?}");
        }
    }
}

#[test]
fn what_was_said_on_another_connection_proves_nothing() {
    for transcript in transcripts() {
        let machine = transcript.machine_of_another_connection();

        let error = fate_of(machine, &transcript.heard).unwrap();

        assert_eq!(error.phase(), Phase::Handshake, "{error:?}");
        assert_eq!(error.fault(), Fault::Peer);
    }
}

#[test]
fn noise_and_giant_lengths_fail_in_the_phase_in_which_they_come() {
    let mut rng = Seed::new(3).rng();
    for transcript in transcripts() {
        for phase in PHASES {
            let Some(start) = transcript.start_of(phase) else {
                continue;
            };
            let mut noise = vec![0; 100_000];
            rng.fill_bytes(&mut noise);
            for noise in [noise, vec![0; 100_000], vec![0xff; 100_000]] {
                let said = [&transcript.heard[..start], &noise].concat();

                let error = fate(&transcript, &said).unwrap();

                assert_eq!(error.phase(), phase, "{error:?}");
                assert!(matches!(error, Error::Violation { .. }), "{error:?}");
            }
        }
    }
}
