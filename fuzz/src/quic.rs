//! QUIC: datagrams of strangers, and frames of a peer.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, UNIX_EPOCH},
};

use bytes::BytesMut;
use quinn_proto::{ClientConfig, DatagramEvent, EndpointConfig, crypto::rustls::QuicClientConfig};
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_quic_proto::{
    Config, Connection, ConnectionHandle, Dial, Endpoint, Parameters, Routed, opens_connection,
};
use sinew_sans_io::Datagram;
use sinew_tls::{Certificate, ClientTemplate, Options, TimeProvider, UnixTime, default_provider};

use crate::leaky::{LeakyClient, Slot};

/// Reads `data`, in pieces as its second byte says, as the first byte wants it: as datagrams of a stranger to a host
/// that nobody knows, to one that dials, and to one that has a connection; or as frames of a peer, sealed as they
/// should be.
pub fn quic(data: &[u8]) {
    let Some((&[mode, piece], input)) = data.split_first_chunk() else {
        return;
    };
    let pieces = input.chunks(usize::from(piece).saturating_mul(8).saturating_add(1));
    match mode % 4 {
        0 => pieces.for_each(|it| Host::new().hear_all(it)),
        1 => {
            let mut host = Host::new();
            host.dial();
            pieces.for_each(|it| host.hear_all(it));
        }
        2 => {
            let (mut host, peer) = met();
            for piece in pieces {
                // Behind the id that the host knows the connection by.
                host.hear(&[&[0x40], &peer.cid[..], piece].concat());
                host.hear_all(piece);
            }
        }
        _ => {
            let (mut host, mut peer) = met();
            for piece in pieces {
                let packet = peer.seal(piece.get(..MAX_FRAMES).unwrap_or(piece));
                host.hear(&packet);
            }
            host.wait();
        }
    }
}

/// A host, with all that it sends.
struct Host {
    endpoint: Endpoint,
    connections: BTreeMap<ConnectionHandle, Connection>,
    now: Instant,
    heard: usize,
    said: Vec<Vec<u8>>,
    said_bytes: usize,
}

impl Host {
    fn new() -> Self {
        let (keypair, certificate) = identity();
        let endpoint = Endpoint::new(Parameters {
            keypair,
            socket: HOST,
            certificate,
            config: Config::default(),
            provider: default_provider(),
            time: Arc::new(Wall),
            seed: [1; 32],
        });
        Self {
            endpoint: endpoint.expect("the default is valid"),
            connections: BTreeMap::new(),
            now: epoch(),
            heard: 0,
            said: Vec::new(),
            said_bytes: 0,
        }
    }

    fn dial(&mut self) {
        let dial = Dial {
            remote: PEER,
            local_ip: None,
            expected: Some(identity().0.peer_id()),
        };
        let (handle, connection) = self
            .endpoint
            .dial(self.now, dial)
            .expect("it can be dialed");
        self.connections.insert(handle, connection);
        self.drain();
        // Those are its own words, and no answer.
        self.said_bytes = 0;
    }

    /// Hears a datagram, as it is and as the first of a handshake.
    fn hear_all(&mut self, datagram: &[u8]) {
        let _ = opens_connection(datagram);
        self.hear(datagram);
        if datagram.len() < MIN_INITIAL {
            let mut padded = datagram.to_vec();
            padded.resize(MIN_INITIAL, 0);
            self.hear(&padded);
        }
    }

    fn hear(&mut self, datagram: &[u8]) {
        self.heard += datagram.len();
        let datagram = Datagram {
            remote: PEER,
            local_ip: Some(HOST.ip()),
            ecn: None,
            payload: BytesMut::from(datagram),
        };
        match self.endpoint.handle_datagram(self.now, datagram) {
            Some(Routed::Connection(handle, input)) => {
                if let Some(connection) = self.connections.get_mut(&handle) {
                    connection.handle_input(input);
                }
            }
            Some(Routed::Incoming(incoming)) => {
                if let Ok((handle, connection)) = self.endpoint.accept(self.now, incoming) {
                    self.connections.insert(handle, connection);
                }
            }
            None => {}
        }
        self.drain();
    }

    /// Lets all timers run out.
    ///
    /// # Panics
    ///
    /// Panics when a connection does not end by itself once nothing is heard.
    fn wait(&mut self) {
        for _ in 0..1000 {
            let deadlines = self
                .connections
                .values()
                .filter_map(Connection::poll_timeout);
            let Some(at) = deadlines.map(|it| it.at).min() else {
                return;
            };
            self.now = self.now.max(at);
            for connection in self.connections.values_mut() {
                connection.handle_timeout(self.now);
            }
            self.drain();
        }
        panic!("timers without end");
    }

    fn drain(&mut self) {
        let mut out = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit(&mut out) {
            self.said
                .extend(transmit.datagrams(&out).map(<[u8]>::to_vec));
            self.said_bytes += out.len();
            out.clear();
        }
        for (&handle, connection) in &mut self.connections {
            while let Some(output) = connection.poll_endpoint() {
                if let Some(input) = self.endpoint.handle_connection_output(handle, output) {
                    connection.handle_input(input);
                }
            }
            while connection.poll_event().is_some() {}
            while let Some(stream) = connection.accept_stream() {
                let _ = connection.read_with(stream, usize::MAX, drop);
                connection.abandon(stream, 0);
            }
            while let Some(transmit) = connection.poll_transmit(self.now, SEGMENTS, &mut out) {
                self.said
                    .extend(transmit.datagrams(&out).map(<[u8]>::to_vec));
                self.said_bytes += out.len();
                out.clear();
            }
        }
        // A stranger gets no more than three bytes for one; handshakes and tests of the path are allowed for.
        let allowed = 3 * self.heard + MAX_SAID;
        assert!(self.said_bytes <= allowed, "{} bytes said", self.said_bytes);
    }
}

/// A peer that seals what it is told to.
struct Peer {
    keys: Slot,
    cid: Vec<u8>,
    next: u64,
}

impl Peer {
    fn seal(&mut self, frames: &[u8]) -> Vec<u8> {
        self.next += 1;
        let number = self.next;
        self.keys
            .last(|keys| keys.seal_short(&self.cid, number, frames))
    }
}

/// Returns a host, and a peer that has a connection to it.
fn met() -> (Host, Peer) {
    let mut host = Host::new();
    let (_, certificate) = identity();
    let options = Options::quic(default_provider(), Arc::new(Wall));
    let template = ClientTemplate::new(certificate, &options).expect("it can be made");
    let (tls, _) = template.for_handshake(None);
    let keys = Slot::default();
    let inner = QuicClientConfig::try_from(tls).expect("the suites are there");
    let config = ClientConfig::new(Arc::new(LeakyClient::new(Arc::new(inner), keys.clone())));
    let own = Arc::new(EndpointConfig::default());
    let mut endpoint = quinn_proto::Endpoint::new(own, None, false, None);
    let dialed = endpoint.connect(host.now, config, HOST, "x.example");
    let (handle, mut connection) = dialed.expect("it can be dialed");
    let mut cid = Vec::new();
    for _ in 0..5 {
        let mut out = Vec::new();
        while let Some(transmit) = connection.poll_transmit(host.now, 1, &mut out) {
            host.hear(out.get(..transmit.size).unwrap_or_default());
            out.clear();
        }
        for datagram in std::mem::take(&mut host.said) {
            if cid.is_empty() {
                cid = source_id(&datagram).unwrap_or_default();
            }
            let payload = BytesMut::from(&datagram[..]);
            let routed = endpoint.handle(host.now, HOST, None, None, payload, &mut Vec::new());
            if let Some(DatagramEvent::ConnectionEvent(_, event)) = routed {
                connection.handle_event(event);
            }
        }
        while let Some(event) = connection.poll_endpoint_events() {
            if let Some(event) = endpoint.handle_event(handle, event) {
                connection.handle_event(event);
            }
        }
    }
    assert!(!connection.is_handshaking() && !cid.is_empty());
    let next = 1 << 20;
    (host, Peer { keys, cid, next })
}

// [RFC 9000 §17.2] Both ids follow flags and version.
fn source_id(datagram: &[u8]) -> Option<Vec<u8>> {
    let at = 6 + usize::from(*datagram.get(5)?);
    let len = usize::from(*datagram.get(at)?);
    Some(datagram.get(at + 1..at + 1 + len)?.to_vec())
}

fn identity() -> &'static (Keypair, Certificate) {
    static IDENTITY: OnceLock<(Keypair, Certificate)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let keypair = Keypair::ed25519_from_secret([1; 32]);
        let wall = UNIX_EPOCH + NOW;
        let certificate = Certificate::generate(&keypair, &mut StdRng::seed_from_u64(1), wall);
        (keypair, certificate.expect("it signs"))
    })
}

/// A moment at which everything begins.
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

#[derive(Debug)]
struct Wall;

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}

const HOST: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    4001,
);

const PEER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9)),
    9999,
);

const NOW: Duration = Duration::from_secs(1_780_000_000);

const SEGMENTS: NonZeroUsize = NonZeroUsize::new(10).expect("ten is not zero");

/// The least that a first datagram has, in bytes.
const MIN_INITIAL: usize = 1200;

/// Frames that fit a datagram, in bytes.
const MAX_FRAMES: usize = 1200;

/// What a host says without being asked: its handshake, and tests of the path.
const MAX_SAID: usize = 64 << 10;
