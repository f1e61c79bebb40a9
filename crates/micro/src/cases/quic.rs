//! QUIC without the sockets: two endpoints and a path of one millisecond.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use sinew_quic_proto::{
    Config, Connection, ConnectionHandle, Dial, Endpoint, Parameters, Routed, StreamId,
};
use sinew_sans_io::Datagram;
use sinew_testkit::epoch;

use super::Work;
use super::world::{Identity, Wall};

pub(super) fn handshake() -> Work {
    let mut path = Path::new();
    Box::new(move || {
        let dialer = path.connect();
        let stream = path.dialer.open(dialer);
        path.dialer.write(dialer, stream, 1);
        path.run_until(|path| path.listener.accept().is_some());
        path.close(dialer);
    })
}

pub(super) fn bulk() -> Work {
    let mut path = Path::new();
    let dialer = path.connect();
    Box::new(move || {
        let stream = path.dialer.open(dialer);
        let (mut left, mut came) = (BULK, 0);
        let mut accepted = None;
        path.run_until(|path| {
            left -= path.dialer.write(dialer, stream, left);
            accepted = accepted.or_else(|| path.listener.accept());
            if let Some((handle, stream)) = accepted {
                came += path.listener.read(handle, stream);
            }
            came == BULK
        });
        path.dialer.connection(dialer).abandon(stream, 0);
        if let Some((handle, stream)) = accepted {
            path.listener.connection(handle).abandon(stream, 0);
        }
        path.settle();
    })
}

pub(super) fn streams() -> Work {
    let mut path = Path::new();
    let dialer = path.connect();
    Box::new(move || {
        let mut open: Vec<StreamId> = Vec::new();
        let mut begun = 0;
        let mut done = 0;
        path.run_until(|path| {
            while begun < STREAMS && open.len() < AT_ONCE {
                let Some(stream) = path.dialer.connection(dialer).open_stream() else {
                    // Until the peer allows more.
                    break;
                };
                path.dialer.write(dialer, stream, 1);
                path.dialer
                    .connection(dialer)
                    .finish(stream)
                    .expect("it is open");
                open.push(stream);
                begun += 1;
            }
            while let Some((handle, stream)) = path.listener.accept() {
                path.listener.read(handle, stream);
                path.listener.write(handle, stream, 1);
                let listener = path.listener.connection(handle);
                listener.finish(stream).expect("it is open");
                listener.abandon(stream, 0);
            }
            open.retain(|stream| {
                if path.dialer.read(dialer, *stream) == 0 {
                    return true;
                }
                path.dialer.connection(dialer).abandon(*stream, 0);
                done += 1;
                false
            });
            done == STREAMS
        });
        path.settle();
    })
}

/// Two endpoints and the way between them.
struct Path {
    now: Instant,
    dialer: Side,
    listener: Side,
    out: Vec<u8>,
}

struct Side {
    address: SocketAddr,
    peer: SocketAddr,
    endpoint: Endpoint,
    connections: BTreeMap<ConnectionHandle, Connection>,
    /// What is on its way here.
    arriving: Vec<BytesMut>,
    /// Streams that the peer opened: the one that was asked last is asked first.
    newest: Option<ConnectionHandle>,
}

impl Path {
    fn new() -> Self {
        let identities = [Identity::seeded(1), Identity::seeded(2)];
        let addresses = [1, 2].map(|host| SocketAddr::from(([192, 0, 2, host], 4001)));
        let [dialer, listener] = identities;
        let [here, there] = addresses;
        Self {
            now: epoch(),
            dialer: Side::new(dialer, here, there),
            listener: Side::new(listener, there, here),
            out: Vec::new(),
        }
    }

    fn connect(&mut self) -> ConnectionHandle {
        let dial = Dial {
            remote: self.listener.address,
            local_ip: None,
            expected: None,
        };
        let dialed = self.dialer.endpoint.dial(self.now, dial);
        let (handle, connection) = dialed.expect("there is room");
        self.dialer.connections.insert(handle, connection);
        self.run_until(|path| path.dialer.connection(handle).is_confirmed());
        handle
    }

    fn close(&mut self, handle: ConnectionHandle) {
        let now = self.now;
        self.dialer.connection(handle).close(now, 0, Bytes::new());
        self.run_until(|path| {
            path.dialer.connections.is_empty() && path.listener.connections.is_empty()
        });
    }

    /// Lets the last acknowledgements pass.
    fn settle(&mut self) {
        let end = self.now + Duration::from_millis(100);
        self.run_until(|path| path.now >= end);
    }

    fn run_until(&mut self, mut is_done: impl FnMut(&mut Self) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !is_done(self) {
            assert!(self.now < end, "it never happened");
            self.turn();
        }
    }

    /// Lets a millisecond pass, in which all that was sent arrives.
    fn turn(&mut self) {
        self.dialer
            .drain(self.now, &mut self.out, &mut self.listener.arriving);
        self.listener
            .drain(self.now, &mut self.out, &mut self.dialer.arriving);
        self.now += Duration::from_millis(1);
        self.dialer.receive(self.now);
        self.listener.receive(self.now);
    }
}

impl Side {
    fn new(identity: Identity, address: SocketAddr, peer: SocketAddr) -> Self {
        let endpoint = Endpoint::new(Parameters {
            keypair: &identity.keypair,
            socket: address,
            certificate: &identity.certificate,
            config: Config::default(),
            provider: identity.provider,
            time: Arc::new(Wall),
            seed: identity.seed,
        });
        Self {
            address,
            peer,
            endpoint: endpoint.expect("the defaults"),
            connections: BTreeMap::new(),
            arriving: Vec::new(),
            newest: None,
        }
    }

    fn connection(&mut self, handle: ConnectionHandle) -> &mut Connection {
        self.connections.get_mut(&handle).expect("it lives")
    }

    fn open(&mut self, handle: ConnectionHandle) -> StreamId {
        self.connection(handle)
            .open_stream()
            .expect("there is credit")
    }

    fn accept(&mut self) -> Option<(ConnectionHandle, StreamId)> {
        let handle = self.newest?;
        Some((handle, self.connections.get_mut(&handle)?.accept_stream()?))
    }

    /// Writes up to `most` bytes, and returns how many were taken.
    fn write(&mut self, handle: ConnectionHandle, stream: StreamId, most: usize) -> usize {
        let mut written = 0;
        while written < most {
            let mut chunk = Bytes::from_static(&CHUNK).slice(..CHUNK.len().min(most - written));
            match self.connection(handle).write(stream, &mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(count) => written += count,
            }
        }
        written
    }

    /// Reads all that is there, and returns how much it was.
    fn read(&mut self, handle: ConnectionHandle, stream: StreamId) -> usize {
        let mut came = 0;
        while let Ok(Some(chunk)) = self.connection(handle).read(stream, CHUNK.len()) {
            came += chunk.len();
        }
        came
    }

    fn receive(&mut self, now: Instant) {
        for payload in std::mem::take(&mut self.arriving) {
            let datagram = Datagram {
                remote: self.peer,
                local_ip: Some(self.address.ip()),
                ecn: None,
                payload,
            };
            match self.endpoint.handle_datagram(now, datagram) {
                Some(Routed::Connection(handle, input)) => {
                    if let Some(connection) = self.connections.get_mut(&handle) {
                        connection.handle_input(input);
                    }
                }
                Some(Routed::Incoming(incoming)) => {
                    let accepted = self.endpoint.accept(now, incoming);
                    let (handle, connection) = accepted.expect("it is right");
                    self.connections.insert(handle, connection);
                    self.newest = Some(handle);
                }
                None => {}
            }
        }
        for connection in self.connections.values_mut() {
            if connection
                .poll_timeout()
                .is_some_and(|deadline| deadline.at <= now)
            {
                connection.handle_timeout(now);
            }
        }
    }

    fn drain(&mut self, now: Instant, out: &mut Vec<u8>, sent: &mut Vec<BytesMut>) {
        while let Some(transmit) = self.endpoint.poll_transmit(out) {
            sent.extend(transmit.datagrams(out).map(BytesMut::from));
            out.clear();
        }
        let endpoint = &mut self.endpoint;
        self.connections.retain(|handle, connection| {
            loop {
                while let Some(output) = connection.poll_endpoint() {
                    if let Some(input) = endpoint.handle_connection_output(*handle, output) {
                        connection.handle_input(input);
                    }
                }
                while connection.poll_event().is_some() {}
                let Some(transmit) = connection.poll_transmit(now, SEGMENTS, out) else {
                    break;
                };
                sent.extend(transmit.datagrams(out).map(BytesMut::from));
                out.clear();
            }
            while let Some(output) = connection.poll_endpoint() {
                let _ = endpoint.handle_connection_output(*handle, output);
            }
            !connection.is_drained()
        });
    }
}

const BULK: usize = 16 << 20;

const STREAMS: usize = 100;
const AT_ONCE: usize = 10;

/// What fits into one call.
const SEGMENTS: NonZeroUsize = NonZeroUsize::new(44).expect("it is not zero");

static CHUNK: [u8; 64 * 1024] = [0x5a; 64 * 1024];
