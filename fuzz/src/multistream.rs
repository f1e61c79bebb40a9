//! Negotiation messages and names of protocols.

use std::str;

use bytes::{Buf, BytesMut};
use sinew_multistream_proto::{Config, Error, Event, Negotiation, Protocol};
use sinew_sans_io::{Machine, StreamMachine};

/// Reads `data` as one side of a negotiation, whose mode is the first byte, as a whole and byte by byte.
pub fn multistream(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    let whole = negotiate(machine(mode), input, input.len().max(1));
    let bytewise = negotiate(machine(mode), input, 1);
    assert_eq!(whole, bytewise, "how the input was cut made a difference");
    assert!(whole.sent.len() <= 1024, "one round of everything is short");
}

/// Reads `data` as the name of a protocol.
pub fn protocol(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(protocol) = Protocol::try_from(text) else {
        return;
    };
    assert_eq!(protocol.as_str(), text);
    assert!(text.starts_with('/') && text.len() <= Protocol::MAX_LEN && !text.contains('\n'));
}

const A: Protocol = Protocol::from_static("/a");
const B: Protocol = Protocol::from_static("/b");
const C: Protocol = Protocol::from_static("/c");

fn machine(mode: u8) -> Negotiation {
    let config = Config::default();
    match mode % 3 {
        0 => Negotiation::dial([A], config).expect("one protocol is enough"),
        1 => Negotiation::dial([A, B, C], config).expect("three are not too many"),
        _ => Negotiation::listen([A, C], config),
    }
}

#[derive(Debug, PartialEq)]
struct Outcome {
    result: Result<(), Error>,
    event: Option<Event>,
    sent: Vec<u8>,
    /// What was left for the protocol, if one was agreed on.
    payload: Option<Vec<u8>>,
}

/// # Panics
///
/// Panics when more is left unused than the machine may leave.
fn negotiate(mut machine: Negotiation, input: &[u8], piece: usize) -> Outcome {
    let now = std::time::Instant::now();
    let mut unused = BytesMut::new();
    let mut result = Ok(());
    let mut sent = Vec::new();
    for bytes in input.chunks(piece) {
        unused.extend_from_slice(bytes);
        result = result.and(machine.handle_input(now, &mut unused));
        while machine.poll_transmit(now, &mut sent).is_some() {}
    }
    while machine.poll_transmit(now, &mut sent).is_some() {}
    let agreed = machine.is_confirmed();
    assert!(agreed || result.is_err() || unused.remaining() <= Negotiation::LOOKAHEAD);
    Outcome {
        result,
        event: machine.poll_event(),
        sent,
        payload: agreed.then(|| unused.to_vec()),
    }
}
