//! One who has come in by the rules over TCP, and says whatever it likes inside the encryption.

use std::{
    io::{IoSlice, Read as _, Write as _},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::UNIX_EPOCH,
};

use bytes::BytesMut;
use rand::{SeedableRng as _, rngs::StdRng};
use rustls::pki_types::ServerName;
use sinew_identity::{KeyType, Keypair};
use sinew_noise_proto as noise;
use sinew_runtime::{TcpOptions, TcpStream};
use sinew_sans_io::StreamMachine as _;
use sinew_simnet::{Node, World};
use sinew_tcp::SecurityProtocol;
use sinew_tls::{Certificate, ClientTemplate, Options, UnixTime};

use crate::{
    lines::{HEADER, RTT, TLS, say},
    siege::{PORT, Stopped},
};

pub(crate) struct Tunnel {
    stream: Box<dyn TcpStream>,
    crypt: Crypt,
    /// Sealed, and not sent yet because the victim does not listen.
    outbox: Vec<u8>,
    /// Heard, and not opened yet because it is not all there.
    inbox: BytesMut,
    has_ended: bool,
}

enum Crypt {
    Tls(Box<rustls::ClientConnection>),
    Noise(Box<noise::Transport>),
}

impl Tunnel {
    /// Connects, shakes hands and agrees on Yamux in the handshake.
    pub(crate) async fn come_in(
        world: &World,
        node: &Node,
        victim: &Node,
        security: SecurityProtocol,
    ) -> Self {
        let to = SocketAddr::new(victim.ipv4(), PORT);
        let mut stream = node.tcp().connect(to, TcpOptions::default()).await.unwrap();
        let mut rng = StdRng::seed_from_u64(99);
        let keypair = Keypair::generate(KeyType::Ed25519, &mut rng).unwrap();
        let name = match security {
            SecurityProtocol::Tls => TLS,
            SecurityProtocol::Noise => b"\x07/noise\n",
        };
        let greeting = [HEADER, name].concat();
        say(&mut *stream, &greeting).await.unwrap();
        world.sleep(2 * RTT).await;
        let mut inbox = BytesMut::new();
        hear(&mut *stream, &mut inbox);
        assert_eq!(inbox, greeting);
        inbox.clear();
        let crypt = match security {
            SecurityProtocol::Noise => {
                let config = noise::Config::new(&keypair, &mut rng).unwrap();
                let config = Arc::new(config.with_muxers([YAMUX]).unwrap());
                let mut handshake = noise::Handshake::dial(config, None, &mut rng);
                for _ in 0..3 {
                    let mut said = Vec::new();
                    while handshake
                        .poll_transmit(node.runtime().now(), &mut said)
                        .is_some()
                    {}
                    say(&mut *stream, &said).await.unwrap();
                    world.sleep(2 * RTT).await;
                    hear(&mut *stream, &mut inbox);
                    let now = node.runtime().now();
                    handshake.handle_input(now, &mut inbox).unwrap();
                }
                Crypt::Noise(Box::new(handshake.into_transport().unwrap()))
            }
            SecurityProtocol::Tls => {
                let wall = node.runtime().wall();
                let certificate = Certificate::generate(&keypair, &mut rng, wall).unwrap();
                let now = UnixTime::since_unix_epoch(wall.duration_since(UNIX_EPOCH).unwrap());
                let options = Options {
                    alpn: vec![YAMUX.into()],
                    provider: sinew_tls::default_provider(),
                    time: Arc::new(Stopped(now)),
                };
                let template = ClientTemplate::new(&certificate, &options).unwrap();
                let (config, _) = template.for_handshake(None);
                let name = ServerName::try_from("somebody.invalid").unwrap();
                Crypt::Tls(Box::new(
                    rustls::ClientConnection::new(config, name).unwrap(),
                ))
            }
        };
        let mut tunnel = Self {
            stream,
            crypt,
            outbox: Vec::new(),
            inbox,
            has_ended: false,
        };
        for _ in 0..4 {
            // The frames of the victim's own streams, about which nobody cares.
            tunnel.hear();
            tunnel.push();
            world.sleep(RTT).await;
        }
        if let Crypt::Tls(tls) = &tunnel.crypt {
            assert!(!tls.is_handshaking());
            assert_eq!(tls.alpn_protocol(), Some(YAMUX.as_bytes()));
        }
        tunnel
    }

    /// Says `plaintext` as far as the victim listens, and keeps the rest for later. Returns `false` when so much is
    /// kept that nothing more should be said.
    pub(crate) fn say(&mut self, plaintext: &[u8]) -> bool {
        match &mut self.crypt {
            Crypt::Tls(tls) => {
                for piece in plaintext.chunks(1 << 14) {
                    tls.writer().write_all(piece).unwrap();
                    while tls.wants_write() {
                        tls.write_tls(&mut self.outbox).unwrap();
                    }
                }
            }
            Crypt::Noise(transport) => {
                for piece in plaintext.chunks(1 << 14) {
                    let start = self.outbox.len();
                    self.outbox.extend_from_slice(&noise::Sealer::HEADER);
                    self.outbox.extend_from_slice(piece);
                    transport.sealer.seal(&mut self.outbox, start).unwrap();
                }
            }
        }
        self.push();
        self.outbox.len() < MAX_KEPT
    }

    /// Says these bytes outside of the encryption.
    pub(crate) fn say_raw(&mut self, bytes: &[u8]) {
        self.outbox.extend_from_slice(bytes);
        self.push();
    }

    /// Returns what the victim has said since this was called last.
    pub(crate) fn hear(&mut self) -> Vec<u8> {
        self.has_ended |= hear(&mut *self.stream, &mut self.inbox);
        let mut heard = Vec::new();
        match &mut self.crypt {
            Crypt::Tls(tls) => {
                while !self.inbox.is_empty() {
                    let mut rest = &self.inbox[..];
                    let read = tls.read_tls(&mut rest).unwrap();
                    let _ = self.inbox.split_to(read);
                    let state = tls.process_new_packets().unwrap();
                    let start = heard.len();
                    heard.resize(start + state.plaintext_bytes_to_read(), 0);
                    tls.reader().read_exact(&mut heard[start..]).unwrap();
                }
                while tls.wants_write() {
                    tls.write_tls(&mut self.outbox).unwrap();
                }
            }
            Crypt::Noise(transport) => {
                while let Some(text) = transport.opener.open(&mut self.inbox).unwrap() {
                    heard.extend_from_slice(&text);
                }
            }
        }
        heard
    }

    /// Says whether the victim has hung up.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.hear();
        self.has_ended
    }

    fn push(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while !self.outbox.is_empty() {
            let pieces = [IoSlice::new(&self.outbox)];
            match self.stream.poll_write_vectored(&mut cx, &pieces) {
                Poll::Ready(Ok(written)) => drop(self.outbox.drain(..written)),
                Poll::Ready(Err(_)) => {
                    self.has_ended = true;
                    self.outbox.clear();
                }
                Poll::Pending => break,
            }
        }
    }
}

/// Takes what has come, and says whether nothing more will.
fn hear(stream: &mut dyn TcpStream, inbox: &mut BytesMut) -> bool {
    let mut buffer = [0; 4096];
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match stream.poll_read(&mut cx, &mut buffer) {
            Poll::Ready(Ok(0) | Err(_)) => return true,
            Poll::Ready(Ok(read)) => inbox.extend_from_slice(&buffer[..read]),
            Poll::Pending => return false,
        }
    }
}

const YAMUX: &str = "/yamux/1.0.0";

/// What is kept for a victim that does not listen.
const MAX_KEPT: usize = 64 << 10;
