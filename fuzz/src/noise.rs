//! Handshakes and records of Noise.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::BytesMut;
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_noise_proto::{
    Config, Error, Event, Handshake, MAX_HANDSHAKE_MESSAGE_LEN, OpenError, Opener, Transport,
};
use sinew_sans_io::{Machine, StreamMachine};
use snow::HandshakeState;

/// Reads `data` as what a peer says, in the mode that the first byte names: to a dialer, to a listener,
/// as the payload of a peer whose handshake is good otherwise, and as records.
pub fn noise(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    match mode % 4 {
        0 => handshake(dialer, input),
        1 => handshake(listener, input),
        2 => payload(input),
        _ => records(input),
    }
}

/// # Panics
///
/// Panics when how the input was cut makes a difference.
fn handshake(machine: fn() -> Handshake, input: &[u8]) {
    let whole = run(machine(), input, input.len().max(1));
    let bytewise = run(machine(), input, 1);
    assert_eq!(whole, bytewise, "how the input was cut made a difference");
    assert!(whole.sent.len() <= 1024, "our messages are short");
}

#[derive(Debug, PartialEq)]
struct Outcome {
    result: Result<(), Error>,
    event: Option<Event>,
    sent: Vec<u8>,
}

/// # Panics
///
/// Panics when more is left unused than the machine may leave.
fn run(mut machine: Handshake, input: &[u8], piece: usize) -> Outcome {
    let now = Instant::now();
    let mut unused = BytesMut::new();
    let mut result = Ok(());
    let mut event = None;
    for bytes in input.chunks(piece) {
        unused.extend_from_slice(bytes);
        result = result.and(machine.handle_input(now, &mut unused));
        event = event.or_else(|| machine.poll_event());
    }
    let mut sent = Vec::new();
    while machine.poll_transmit(now, &mut sent).is_some() {}
    let is_over = event.is_some() || result.is_err();
    assert!(is_over || unused.len() <= Handshake::LOOKAHEAD);
    Outcome {
        result,
        event,
        sent,
    }
}

/// Has a handshake with a dialer whose payload is `input`.
///
/// # Panics
///
/// Panics when somebody is authenticated who did not sign.
fn payload(input: &[u8]) {
    let input = input.get(..MAX_INPUT_LEN).unwrap_or(input);
    let now = Instant::now();
    let mut ours = listener();
    let mut peer = foreign_dialer();
    let mut message = vec![0; 65_535];
    let len = peer
        .write_message(&[], &mut message)
        .expect("there is room");
    hear(&mut ours, message.get(..len)).expect("the first message is good");
    let mut second = Vec::new();
    while ours.poll_transmit(now, &mut second).is_some() {}
    let second = second.get(2..).unwrap_or_default();
    peer.read_message(second, &mut message)
        .expect("what we say is good");
    let len = peer
        .write_message(input, &mut message)
        .expect("there is room");
    // Its static key is fresh, so nobody can have signed it before.
    assert!(hear(&mut ours, message.get(..len)).is_err());
    assert_eq!(ours.poll_event(), None);
}

fn hear(machine: &mut Handshake, message: Option<&[u8]>) -> Result<(), Error> {
    let message = message.unwrap_or_default();
    let len = u16::try_from(message.len()).expect("messages are shorter");
    let framed = [&len.to_be_bytes()[..], message].concat();
    machine.handle_input(Instant::now(), &mut BytesMut::from(&framed[..]))
}

/// Opens `input` after one good record, as a whole and byte by byte.
///
/// # Panics
///
/// Panics when something is opened that was not sealed.
fn records(input: &[u8]) {
    let [mut one, other] = connected();
    let mut good = b"\0\0good".to_vec();
    one.sealer.seal(&mut good, 0).expect("it is short");
    let input = [&good, input].concat();
    let [_, again] = connected();
    let whole = open(other.opener, &input, input.len());
    let bytewise = open(again.opener, &input, 1);
    assert_eq!(whole, bytewise, "how the input was cut made a difference");
    // Nobody sealed what is behind it.
    assert_eq!(whole.0, [&b"good"[..]]);
}

type Opened = (Vec<Vec<u8>>, Option<OpenError>);

fn open(mut opener: Opener, input: &[u8], piece: usize) -> Opened {
    let mut unused = BytesMut::new();
    let mut opened = Vec::new();
    for bytes in input.chunks(piece) {
        unused.extend_from_slice(bytes);
        loop {
            match opener.open(&mut unused) {
                Ok(Some(text)) => opened.push(text.to_vec()),
                Ok(None) => break,
                Err(error) => return (opened, Some(error)),
            }
        }
        assert!(unused.len() <= Opener::LOOKAHEAD);
    }
    (opened, None)
}

fn connected() -> [Transport; 2] {
    let now = Instant::now();
    let (mut dialer, mut listener) = (dialer(), listener());
    let mut flight = Vec::new();
    for _ in 0..2 {
        let _ = dialer.poll_transmit(now, &mut flight);
        let heard = listener.handle_input(now, &mut BytesMut::from(&flight[..]));
        heard.expect("our own are good");
        flight.clear();
        let _ = listener.poll_transmit(now, &mut flight);
        let heard = dialer.handle_input(now, &mut BytesMut::from(&flight[..]));
        heard.expect("our own are good");
        flight.clear();
    }
    [dialer, listener].map(|side| side.into_transport().expect("it is over"))
}

fn dialer() -> Handshake {
    Handshake::dial(config(), None, &mut StdRng::seed_from_u64(1))
}

fn listener() -> Handshake {
    Handshake::listen(config(), &mut StdRng::seed_from_u64(2))
}

fn config() -> Arc<Config> {
    static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
    let make = || {
        let keypair = Keypair::ed25519_from_secret([1; 32]);
        let config = Config::new(&keypair, &mut StdRng::seed_from_u64(3)).expect("it signs");
        Arc::new(config.with_muxers(["/yamux/1.0.0"]).expect("one is few"))
    };
    Arc::clone(CONFIG.get_or_init(make))
}

fn foreign_dialer() -> HandshakeState {
    let params = "Noise_XX_25519_ChaChaPoly_SHA256";
    let builder = snow::Builder::new(params.parse().expect("snow knows it"));
    let keypair = builder.generate_keypair().expect("there is chance");
    builder
        .local_private_key(&keypair.private)
        .and_then(snow::Builder::build_initiator)
        .expect("there is all that XX needs")
}

/// More makes the message too long, which mode 1 reaches.
const MAX_INPUT_LEN: usize = MAX_HANDSHAKE_MESSAGE_LEN - 64;
