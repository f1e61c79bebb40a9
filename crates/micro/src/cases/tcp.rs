//! A whole TCP connection without the sockets: negotiation, TLS, Yamux.

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_tcp_proto::{Config, Connection, Dial, Endpoint, Parameters};
use sinew_testkit::epoch;

use super::Work;
use super::world::{Identity, Wall};

pub(super) fn handshake() -> Work {
    let mut pair = Pair::new();
    Box::new(move || {
        let (mut dialer, mut listener) = pair.connect();
        let stream = dialer.open_stream().expect("there is room");
        dialer.write_slice(stream, b"hello").expect("it is open");
        pair.exchange(&mut dialer, &mut listener);
        let stream = listener.accept_stream().expect("it was opened");
        black_box(listener.read(stream, 100).expect("it is open"));
    })
}

pub(super) fn bulk() -> Work {
    let mut pair = Pair::new();
    let (mut dialer, mut listener) = pair.connect();
    Box::new(move || {
        let stream = dialer.open_stream().expect("there is room");
        let (mut left, mut came) = (BULK, 0);
        let mut accepted = None;
        while came < BULK {
            while left > 0 {
                let mut chunk = Bytes::from_static(&CHUNK).slice(..left.min(CHUNK.len()));
                let Ok(written) = dialer.write(stream, &mut chunk) else {
                    // It is blocked until the peer has read.
                    break;
                };
                left -= written;
            }
            pair.exchange(&mut dialer, &mut listener);
            accepted = accepted.or_else(|| listener.accept_stream());
            let Some(stream) = accepted else {
                continue;
            };
            while let Ok(Some(chunk)) = listener.read(stream, CHUNK.len()) {
                came += chunk.len();
            }
        }
        dialer.abandon(stream, 0);
        accepted
            .into_iter()
            .for_each(|stream| listener.abandon(stream, 0));
        pair.exchange(&mut dialer, &mut listener);
    })
}

struct Pair {
    dialer: Arc<Endpoint>,
    listener: Arc<Endpoint>,
    wire: Vec<u8>,
}

impl Pair {
    fn new() -> Self {
        let endpoint = |seed| {
            let identity = Identity::seeded(seed);
            let made = Endpoint::new(Parameters {
                keypair: &identity.keypair,
                certificate: &identity.certificate,
                config: Config::default(),
                provider: identity.provider,
                time: Arc::new(Wall),
                seed: identity.seed,
            });
            made.expect("the defaults")
        };
        Self {
            dialer: endpoint(1),
            listener: endpoint(2),
            wire: Vec::new(),
        }
    }

    fn connect(&mut self) -> (Connection, Connection) {
        let dial = Dial {
            expected: Some(self.listener.peer_id()),
            security: None,
        };
        let mut dialer = self.dialer.dial(epoch(), dial, [3; 32]);
        let mut listener = self.listener.accept(epoch(), [4; 32]);
        while !(dialer.is_confirmed() && listener.is_confirmed()) {
            self.exchange(&mut dialer, &mut listener);
        }
        (dialer, listener)
    }

    /// Carries what both have to say, once.
    fn exchange(&mut self, dialer: &mut Connection, listener: &mut Connection) {
        self.carry(dialer, listener);
        self.carry(listener, dialer);
    }

    fn carry(&mut self, from: &mut Connection, to: &mut Connection) {
        while from.poll_transmit(epoch(), &mut self.wire).is_some() {}
        while from.poll_event().is_some() {}
        let mut input = BytesMut::from(self.wire.as_slice());
        self.wire.clear();
        to.handle_input(epoch(), &mut input).expect("it is right");
        while to.poll_event().is_some() {}
        assert!(input.is_empty(), "input is blocked");
    }
}

const BULK: usize = 4 << 20;

static CHUNK: [u8; 64 * 1024] = [0x5a; 64 * 1024];
