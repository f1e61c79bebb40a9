//! The choice of a protocol for a stream.

use sinew_multistream_proto::{Config, Event, Negotiation, Protocol};
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_testkit::epoch;

use super::Work;

pub(super) fn negotiate() -> Work {
    Box::new(|| {
        for _ in 0..100 {
            negotiate_once();
        }
    })
}

fn negotiate_once() {
    let offers = [FIRST, SECOND, THIRD];
    let mut dialer = Negotiation::dial(offers, Config::default()).expect("three names");
    let mut listener = Negotiation::listen([THIRD], Config::default());
    let (mut there, mut back) = (Vec::new(), Vec::new());
    loop {
        while dialer.poll_transmit(epoch(), &mut there).is_some() {}
        listener.read(&there).expect("it is right");
        there.clear();
        while listener.poll_transmit(epoch(), &mut back).is_some() {}
        dialer.read(&back).expect("it is right");
        back.clear();
        while let Some(event) = dialer.poll_event() {
            if event == Event::Confirmed(THIRD) {
                return;
            }
        }
    }
}

const FIRST: Protocol = Protocol::from_static("/ipfs/kad/1.0.0");
const SECOND: Protocol = Protocol::from_static("/meshsub/1.1.0");
const THIRD: Protocol = Protocol::from_static("/ipfs/ping/1.0.0");
