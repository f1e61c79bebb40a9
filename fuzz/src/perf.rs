//! What the two sides of a measurement say.

use sinew_identity::Keypair;
use sinew_perf::{Amount, Config, HEADER_LEN, PROTOCOL, Plan, Responder, Run, ServeError};
use sinew_runtime::Runtime;
use sinew_transport::{ConnectionId, Direction, Stream, StreamInfo};

use crate::{patience::Patience, said::Said};

/// Reads `data` as what a client says, or as what a server says, as the first byte wants it.
pub fn perf(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    if mode.is_multiple_of(2) {
        asked(input);
    } else {
        answered(input);
    }
}

/// # Panics
///
/// Panics when something else is served than what was asked for.
fn asked(input: &[u8]) {
    let stream = |piece| {
        let said = Said::new(input, piece).with_room(ROOM_BYTES);
        stream(said, Direction::Inbound)
    };
    let outcomes = [input.len().max(1), 3].map(|piece| {
        Patience::run(async {
            let responder = Responder::new(&Runtime::tokio(), Config::default());
            let served = responder.serve(stream(piece)).await;
            assert_eq!(responder.run_count(), 0, "a place was not given back");
            served
        })
    });

    for outcome in outcomes {
        let Some((header, upload)) = input.split_first_chunk::<HEADER_LEN>() else {
            let got = input.len();
            assert!(
                matches!(outcome, Err(ServeError::Truncated { got: it }) if it == got),
                "{outcome:?}"
            );
            continue;
        };
        let served = outcome.expect("it said how much it wants");
        assert_eq!(served.wanted_bytes, u64::from_be_bytes(*header));
        assert_eq!(served.received_bytes, upload.len() as u64);
        assert_eq!(
            served.sent_bytes,
            served.wanted_bytes.min(ROOM_BYTES as u64)
        );
    }
}

/// # Panics
///
/// Panics when more or less than was asked for counts as a measurement.
fn answered(input: &[u8]) {
    let Some((&[wanted, upload], answer)) = input.split_first_chunk() else {
        return;
    };
    let mut plan = Plan::default();
    plan.upload = Amount::Bytes(upload.into());
    plan.download = Amount::Bytes(wanted.into());
    for piece in [answer.len().max(1), 3] {
        let said = Said::new(answer, piece).patient();
        let outcome = Patience::run(async {
            let run = Run::new(&Runtime::tokio(), plan);
            run.over([stream(said, Direction::Outbound)]).await
        });
        assert_eq!(
            outcome.is_ok(),
            answer.len() == usize::from(wanted),
            "{outcome:?}"
        );
    }
    // One that answers before it was asked for anything.
    let said = Said::new(answer, answer.len().max(1));
    let outcome = Patience::run(async {
        let run = Run::new(&Runtime::tokio(), plan);
        run.over([stream(said, Direction::Outbound)]).await
    });
    assert!(outcome.is_err(), "{outcome:?}");
}

fn stream(said: Said, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([2; 32]).peer_id(),
        connection: ConnectionId(1),
        direction,
        protocol: Some(PROTOCOL),
    };
    Stream::new(Box::new(said), info)
}

/// Many chunks; who asks for everything that there is wants no more then.
const ROOM_BYTES: usize = 300_000;
