//! What the two sides of a ping say.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_ping::{Config, PAYLOAD_LEN, PROTOCOL, Pinger, Responder, ServeError};
use sinew_runtime::Runtime;
use sinew_transport::{ConnectionId, Direction, Stream, StreamInfo};

use crate::{patience::Patience, said::Said};

/// Reads `data` as pings, or as answers to them, as the first byte wants it.
pub fn ping(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    for piece in [input.len().max(1), 5] {
        if mode.is_multiple_of(2) {
            asked(input, piece);
        } else {
            answered(input, piece);
        }
    }
}

/// # Panics
///
/// Panics when there are fewer or more answers than pings.
fn asked(input: &[u8], piece: usize) {
    let responder = Responder::new(Config::default());
    let outcome = Patience::run(responder.serve(stream(input, piece, Direction::Inbound)));
    assert_eq!(responder.stream_count(), 0, "a place was not given back");
    let (pings, rest) = (input.len() / PAYLOAD_LEN, input.len() % PAYLOAD_LEN);
    match outcome {
        Ok(served) => assert_eq!((served, rest), (pings as u64, 0)),
        Err(ServeError::Truncated { got }) => assert_eq!(got, rest),
        Err(error) => panic!("{error:?}"),
    }
}

/// # Panics
///
/// Panics when other bytes than those that were sent count as an answer, or those do not.
fn answered(input: &[u8], piece: usize) {
    let stream = stream(input, piece, Direction::Outbound);
    let mut sent = StdRng::from_seed(SEED);
    let mut answers = input.chunks_exact(PAYLOAD_LEN);
    Patience::run(async {
        let rng = StdRng::from_seed(SEED);
        let mut pinger = Pinger::new(stream, rng, Runtime::tokio(), Config::default());
        loop {
            let mut payload = [0; PAYLOAD_LEN];
            sent.fill_bytes(&mut payload);
            let is_right = answers.next() == Some(&payload[..]);
            let outcome = pinger.ping().await;
            assert_eq!(outcome.is_ok(), is_right, "{outcome:?}");
            if !is_right {
                break;
            }
        }
    });
}

fn stream(input: &[u8], piece: usize, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([2; 32]).peer_id(),
        connection: ConnectionId(1),
        direction,
        protocol: Some(PROTOCOL),
    };
    Stream::new(Box::new(Said::new(input, piece)), info)
}

/// Of what is sent; the seed of a right answer has it too.
const SEED: [u8; 32] = [7; 32];
