//! TCP connections: what is said in the clear, and what is said inside the encryption.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant, UNIX_EPOCH},
};

use bytes::BytesMut;
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_noise_proto::{Handshake, Sealer};
use sinew_sans_io::{Machine, StreamMachine};
use sinew_tcp_proto::{Config, Connection, Dial, Endpoint, Error, Parameters, Security};
use sinew_tls::{Certificate, TimeProvider, UnixTime, default_provider};

/// Reads `data` as what a peer says, in the mode that the first byte names: to a dialer of one kind or the
/// other or of both, to a listener, and inside the encryption, where the muxer is agreed on or is not.
pub fn tcp(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    match mode % 6 {
        0 => wire(|| dialer(Some(Security::Tls)), input),
        1 => wire(|| dialer(Some(Security::Noise)), input),
        2 => wire(|| dialer(None), input),
        3 => wire(listener, input),
        4 => inside(true, input),
        _ => inside(false, input),
    }
}

/// # Panics
///
/// Panics when how the input was cut makes a difference.
fn wire(machine: impl Fn() -> Connection, input: &[u8]) {
    let whole = run(machine(), input, input.len().max(1));
    let bytewise = run(machine(), input, 1);
    assert_eq!(whole, bytewise, "how the input was cut made a difference");
}

/// Has `machine` hear `input` and then the end, and returns why it failed.
///
/// # Panics
///
/// Panics when more is left unused than the machine may leave, or more is said than there is to say.
fn run(mut machine: Connection, input: &[u8], piece: usize) -> Option<Error> {
    let mut unused = BytesMut::new();
    let mut result = Ok(());
    for bytes in input.chunks(piece) {
        unused.extend_from_slice(bytes);
        result = result.and_then(|()| hear(&mut machine, &mut unused));
    }
    result = result.and_then(|()| machine.handle_eof(now()));
    drain(&mut machine);
    assert!(machine.is_drained() && machine.poll_timeout().is_none());
    result.err()
}

/// Says `input` inside the encryption, in records of as many bytes as its first byte says and then in one.
///
/// # Panics
///
/// Panics when how the input was cut makes a difference.
fn inside(early_muxer: bool, input: &[u8]) {
    let Some((&piece, input)) = input.split_first() else {
        return;
    };
    let input = input.get(..Sealer::MAX_PLAINTEXT_LEN).unwrap_or(input);
    let pieces = speak(early_muxer, input, usize::from(piece).saturating_add(1));
    let whole = speak(early_muxer, input, input.len().max(1));
    assert_eq!(pieces, whole, "how the input was cut made a difference");
}

fn speak(early_muxer: bool, input: &[u8], piece: usize) -> Option<Error> {
    let (mut machine, mut sealer) = met(early_muxer);
    let mut unused = BytesMut::new();
    for text in input.chunks(piece) {
        let mut record = [&Sealer::HEADER, text].concat();
        sealer.seal(&mut record, 0).expect("it is short enough");
        unused.extend_from_slice(&record);
        if let Err(error) = hear(&mut machine, &mut unused) {
            return Some(error);
        }
    }
    machine.handle_eof(now()).err()
}

fn hear(machine: &mut Connection, input: &mut BytesMut) -> Result<(), Error> {
    loop {
        let result = machine.handle_input(now(), input);
        let is_blocked = machine.is_input_blocked();
        drain(machine);
        if result.is_err() || !is_blocked {
            assert!(input.len() <= Connection::LOOKAHEAD || machine.is_closed());
            return result;
        }
    }
}

fn drain(machine: &mut Connection) {
    let mut said = Vec::new();
    while machine.poll_transmit(now(), &mut said).is_some() {}
    assert!(said.len() <= MAX_SAID, "{} bytes were said", said.len());
    while machine.poll_event().is_some() {}
    while machine.accept_stream().is_some() {}
}

/// Returns a listener that knows who we are, and what we seal with.
fn met(early_muxer: bool) -> (Connection, Sealer) {
    let mut machine = endpoint(early_muxer).accept(now(), [2; 32]);
    let config = sinew_noise_proto::Config::new(&keypair(), &mut StdRng::seed_from_u64(3));
    let config = config.expect("it signs");
    let config = config.with_muxers(["/yamux/1.0.0"]).expect("one is few");
    let mut peer = Handshake::dial(Arc::new(config), None, &mut StdRng::seed_from_u64(4));
    let mut said = b"\x13/multistream/1.0.0\n\x07/noise\n".to_vec();
    let mut skipped = said.len();
    for _ in 0..2 {
        while peer.poll_transmit(now(), &mut said).is_some() {}
        let heard = machine.handle_input(now(), &mut BytesMut::from(&said[..]));
        heard.expect("the peer is honest");
        said.clear();
        let mut answer = Vec::new();
        while machine.poll_transmit(now(), &mut answer).is_some() {}
        let mut answer = BytesMut::from(answer.get(skipped..).unwrap_or_default());
        skipped = 0;
        peer.handle_input(now(), &mut answer)
            .expect("we are honest");
    }
    let transport = peer.into_transport().expect("it is over");
    (machine, transport.sealer)
}

fn dialer(security: Option<Security>) -> Connection {
    let dial = Dial {
        expected: Some(keypair().peer_id()),
        security,
    };
    endpoint(true).dial(now(), dial, [1; 32])
}

fn listener() -> Connection {
    endpoint(true).accept(now(), [2; 32])
}

fn endpoint(early_muxer: bool) -> Arc<Endpoint> {
    static ENDPOINTS: OnceLock<[Arc<Endpoint>; 2]> = OnceLock::new();
    let [early, late] = ENDPOINTS.get_or_init(|| [true, false].map(new_endpoint));
    Arc::clone(if early_muxer { early } else { late })
}

fn new_endpoint(early_muxer: bool) -> Arc<Endpoint> {
    let wall = UNIX_EPOCH + NOW;
    let certificate = Certificate::generate(&keypair(), &mut StdRng::seed_from_u64(1), wall);
    let mut config = Config::default();
    config.early_muxer = early_muxer;
    let endpoint = Endpoint::new(Parameters {
        keypair: &keypair(),
        certificate: &certificate.expect("it signs"),
        config,
        provider: default_provider(),
        time: Arc::new(Wall),
        seed: [1; 32],
    });
    endpoint.expect("the default is valid")
}

fn keypair() -> Keypair {
    Keypair::ed25519_from_secret([1; 32])
}

/// A moment at which time stands still.
fn now() -> Instant {
    static NOW: OnceLock<Instant> = OnceLock::new();
    *NOW.get_or_init(Instant::now)
}

#[derive(Debug)]
struct Wall;

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}

const NOW: Duration = Duration::from_secs(1_750_000_000);

/// What is said at once at most, in bytes: the answers to the pings of one record and 256 more.
const MAX_SAID: usize = 128 << 10;
