//! Noise: the handshake and the records.

use std::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use sinew_noise_proto::{Config, Handshake, Sealer, Transport};
use sinew_sans_io::StreamMachine as _;
use sinew_testkit::epoch;

use super::Work;
use super::world::{keypair, rng};

pub(super) fn handshake() -> Work {
    let configs = configs();
    Box::new(move || {
        black_box(shake_hands(&configs));
    })
}

pub(super) fn record() -> Work {
    let (mut dialer, mut listener) = shake_hands(&configs());
    let mut record = vec![0; Sealer::HEADER.len() + PAYLOAD];
    Box::new(move || {
        for _ in 0..16 {
            record.truncate(Sealer::HEADER.len() + PAYLOAD);
            dialer.sealer.seal(&mut record, 0).expect("it fits");
            let mut sealed = BytesMut::from(record.as_slice());
            let opened = listener.opener.open(&mut sealed).expect("it is right");
            black_box(opened);
        }
    })
}

fn configs() -> [Arc<Config>; 2] {
    [1, 2].map(|seed| {
        let mut rng = rng(seed);
        let keypair = keypair(&mut rng);
        let config = Config::new(&keypair, &mut rng).expect("a key to sign with");
        let config = config.with_muxers(["/yamux/1.0.0"]);
        Arc::new(config.expect("a name"))
    })
}

fn shake_hands([ours, theirs]: &[Arc<Config>; 2]) -> (Transport, Transport) {
    let mut dialer = Handshake::dial(Arc::clone(ours), None, &mut rng(3));
    let mut listener = Handshake::listen(Arc::clone(theirs), &mut rng(4));
    let (mut there, mut back) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        while dialer.poll_transmit(epoch(), &mut there).is_some() {}
        let mut input = BytesMut::from(there.as_slice());
        listener
            .handle_input(epoch(), &mut input)
            .expect("it is right");
        there.clear();
        while listener.poll_transmit(epoch(), &mut back).is_some() {}
        let mut input = BytesMut::from(back.as_slice());
        dialer
            .handle_input(epoch(), &mut input)
            .expect("it is right");
        back.clear();
    }
    let (dialer, listener) = (dialer.into_transport(), listener.into_transport());
    (dialer.expect("it is over"), listener.expect("it is over"))
}

/// The most that a record holds.
const PAYLOAD: usize = 65_519;
