//! Hosts, and two of our machines that talk to each other.

use std::sync::Arc;

use bytes::BytesMut;
use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::{KeyType, Keypair, PublicKey};
use sinew_noise_proto::{Config, Error, Handshake, Message, Transport, Violation};
use sinew_sans_io::StreamMachine as _;
use sinew_testkit::{Conversation, epoch};

pub(crate) const YAMUX: &str = "/yamux/1.0.0";

/// A host with an Ed25519 key of its own, which speaks yamux.
pub(crate) fn host(number: u8) -> Arc<Config> {
    config(&Keypair::ed25519_from_secret([number; 32]), &[YAMUX])
}

pub(crate) fn config(keypair: &Keypair, muxers: &[&'static str]) -> Arc<Config> {
    let config = Config::new(keypair, &mut StdRng::seed_from_u64(1)).unwrap();
    Arc::new(config.with_muxers(muxers.iter().copied()).unwrap())
}

/// The key of the host with this number.
pub(crate) fn public_key(number: u8) -> PublicKey {
    Keypair::ed25519_from_secret([number; 32]).public()
}

/// A key of each type, the RSA key from the peer-id specification.
pub(crate) fn every_type_of_key() -> [Keypair; 4] {
    let mut rng = StdRng::seed_from_u64(2);
    let mut generate = |key_type| Keypair::generate(key_type, &mut rng).unwrap();
    [
        generate(KeyType::Ed25519),
        generate(KeyType::Secp256k1),
        generate(KeyType::Ecdsa),
        rsa_key(),
    ]
}

pub(crate) fn rsa_key() -> Keypair {
    let text = include_str!("../../testdata/rsa-private-key.hex");
    let text: String = text.split_whitespace().collect();
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let bytes: Vec<_> = (0..text.len()).step_by(2).map(byte).collect();
    Keypair::from_protobuf(&bytes).unwrap()
}

/// A dialer that takes anybody.
pub(crate) fn dialer(config: &Arc<Config>) -> Handshake {
    Handshake::dial(Arc::clone(config), None, &mut StdRng::seed_from_u64(11))
}

pub(crate) fn listener(config: &Arc<Config>) -> Handshake {
    Handshake::listen(Arc::clone(config), &mut StdRng::seed_from_u64(12))
}

/// What two hosts make of each other.
pub(crate) fn meet(dialer: Handshake, listener: Handshake) -> Conversation<Handshake, Handshake> {
    let mut conversation = Conversation::new(dialer, listener);
    conversation.run();
    conversation
}

/// Two hosts that have met.
pub(crate) fn connected() -> [Transport; 2] {
    let met = meet(dialer(&host(1)), listener(&host(2)));
    [met.dialer, met.listener].map(|side| side.machine.into_transport().unwrap())
}

/// The three messages of one handshake, as they are sent.
pub(crate) fn messages() -> [Vec<u8>; 3] {
    let (mut dialer, mut listener) = (dialer(&host(1)), listener(&host(2)));
    let first = output(&mut dialer);
    hear(&mut listener, &first).unwrap();
    let second = output(&mut listener);
    hear(&mut dialer, &second).unwrap();
    [first, second, output(&mut dialer)]
}

/// The machine that hears `message`, right before it does.
pub(crate) fn awaiting(message: Message) -> Handshake {
    let [first, _, _] = messages();
    match message {
        Message::First => listener(&host(2)),
        Message::Second => {
            let mut dialer = dialer(&host(1));
            assert_eq!(output(&mut dialer), first);
            dialer
        }
        Message::Third => {
            let mut listener = listener(&host(2));
            hear(&mut listener, &first).unwrap();
            output(&mut listener);
            listener
        }
    }
}

/// All that `machine` has to send.
pub(crate) fn output(machine: &mut Handshake) -> Vec<u8> {
    let mut out = Vec::new();
    while machine.poll_transmit(epoch(), &mut out).is_some() {}
    out
}

/// Presents `bytes` and returns what was left of them.
pub(crate) fn hear(machine: &mut Handshake, bytes: &[u8]) -> Result<BytesMut, Error> {
    let mut input = BytesMut::from(bytes);
    machine.handle_input(epoch(), &mut input)?;
    Ok(input)
}

pub(crate) fn violation<T>(message: Message, violation: Violation) -> Result<T, Error> {
    Err(Error::Violation { message, violation })
}

pub(crate) const MESSAGES: [Message; 3] = [Message::First, Message::Second, Message::Third];
