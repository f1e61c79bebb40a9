//! Protocols, machines and literal bytes that the tests share.

use sinew_multistream_proto::{Config, Negotiation, Protocol};
use sinew_sans_io::StreamMachine;
use sinew_testkit::epoch;

pub(crate) const A: Protocol = Protocol::from_static("/a");
pub(crate) const B: Protocol = Protocol::from_static("/b");
pub(crate) const C: Protocol = Protocol::from_static("/c");

/// [connections §multistream-select] The first message of both sides.
pub(crate) const HEADER: &[u8] = b"\x13/multistream/1.0.0\n";

/// A dialer that is optimistic.
pub(crate) fn eager(protocol: Protocol) -> Negotiation {
    Negotiation::dial([protocol], Config::default()).expect("one is enough")
}

/// A dialer that waits for its answer.
pub(crate) fn patient(protocols: impl IntoIterator<Item = Protocol>) -> Negotiation {
    let mut config = Config::default();
    config.optimistic = false;
    Negotiation::dial(protocols, config).expect("a few are not too many")
}

/// All that `machine` has to send.
pub(crate) fn output(machine: &mut Negotiation) -> Vec<u8> {
    let mut out = Vec::new();
    while machine.poll_transmit(epoch(), &mut out).is_some() {}
    out
}

/// The header with `messages` behind it.
pub(crate) fn after_header(messages: &[u8]) -> Vec<u8> {
    [HEADER, messages].concat()
}
