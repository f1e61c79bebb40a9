//! A listener that shakes hands by the rules, and says of itself whatever it likes.

use std::{any::Any, net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use quinn_proto::{
    ConnectionId, DatagramEvent, Dir, EndpointConfig, ServerConfig, Side, TransportError,
    TransportErrorCode,
    crypto::{
        self, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session,
        UnsupportedVersion, rustls::QuicServerConfig,
    },
    transport_parameters::TransportParameters,
};
use rustls::quic::{KeyChange, Secrets, Version};
use sinew_identity::PeerId;
use sinew_quic_proto::{ConnectionHandle, Dial};
use sinew_tls::{Certificate, Options, ServerTemplate};

use crate::net::{Build, Net, wall};

/// Makes the parameters that are sent out of those that should be.
pub(crate) type Change = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

pub(crate) struct Evil {
    addr: SocketAddr,
    endpoint: quinn_proto::Endpoint,
    connection: Option<quinn_proto::Connection>,
    pub(crate) peer: PeerId,
}

impl Evil {
    /// Has node 0 dial one who says of itself what `change` makes of the truth.
    pub(crate) fn be_dialed(net: &mut Net, change: Change) -> (Self, ConnectionHandle) {
        let build = Build::seeded(99);
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99);
        let certificate = Certificate::generate(&build.keypair, &mut rng, wall()).unwrap();
        let options = Options::quic(build.provider, net.nodes[0].clock());
        let template = ServerTemplate::new(&certificate, &options).unwrap();
        let (tls, _) = template.for_handshake();
        let crypto = EvilConfig {
            honest: Arc::new(QuicServerConfig::try_from(tls.clone()).unwrap()),
            tls,
            change,
        };
        let config = Arc::new(ServerConfig::with_crypto(Arc::new(crypto)));
        let own = Arc::new(EndpointConfig::default());
        let mut evil = Self {
            addr: SocketAddr::from(([203, 0, 113, 98], 9998)),
            endpoint: quinn_proto::Endpoint::new(own, Some(config), false, None),
            connection: None,
            peer: build.keypair.peer_id(),
        };
        let dial = Dial {
            remote: evil.addr,
            local_ip: None,
            expected: Some(evil.peer),
        };
        let handle = net.dial_stranger(0, dial);
        evil.talk(net);
        (evil, handle)
    }

    /// Exchanges packets with node 0 until neither has any.
    pub(crate) fn talk(&mut self, net: &mut Net) {
        let from = net.nodes[0].addr;
        for _ in 0..10 {
            for payload in net.intercept_at(self.addr) {
                let payload = BytesMut::from(&payload[..]);
                let mut out = Vec::new();
                let endpoint = &mut self.endpoint;
                match endpoint.handle(net.now, from, None, None, payload, &mut out) {
                    Some(DatagramEvent::ConnectionEvent(_, event)) => {
                        self.connection.as_mut().unwrap().handle_event(event);
                    }
                    Some(DatagramEvent::NewConnection(incoming)) => {
                        let accepted = endpoint.accept(incoming, net.now, &mut out, None);
                        self.connection = accepted.ok().map(|(_, connection)| connection);
                    }
                    Some(DatagramEvent::Response(_)) | None => {}
                }
            }
            let Some(connection) = &mut self.connection else {
                continue;
            };
            let mut out = Vec::new();
            while let Some(transmit) = connection.poll_transmit(net.now, 1, &mut out) {
                net.inject(self.addr, 0, &out[..transmit.size]);
                out.clear();
            }
        }
    }
}

impl Evil {
    /// Returns what has come on the first stream of node 0.
    pub(crate) fn heard(&mut self) -> Vec<u8> {
        let connection = self.connection.as_mut().unwrap();
        let stream = connection.streams().accept(Dir::Bi).unwrap();
        let mut stream = connection.recv_stream(stream);
        let mut chunks = stream.read(true).unwrap();
        let chunk = chunks.next(100).unwrap();
        chunk.map(|it| it.bytes.to_vec()).unwrap_or_default()
    }
}

struct EvilConfig {
    tls: Arc<rustls::ServerConfig>,
    honest: Arc<QuicServerConfig>,
    change: Change,
}

struct EvilSession {
    tls: rustls::quic::ServerConnection,
    next: Option<Secrets>,
    honest: Arc<QuicServerConfig>,
}

impl crypto::ServerConfig for EvilConfig {
    fn start_session(self: Arc<Self>, _: u32, params: &TransportParameters) -> Box<dyn Session> {
        let mut honest = Vec::new();
        params.write(&mut honest);
        let said = (self.change)(honest);
        let tls = rustls::quic::ServerConnection::new(self.tls.clone(), Version::V1, said);
        Box::new(EvilSession {
            tls: tls.unwrap(),
            next: None,
            honest: self.honest.clone(),
        })
    }

    fn initial_keys(&self, version: u32, cid: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        self.honest.initial_keys(version, cid)
    }

    fn retry_tag(&self, version: u32, cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.honest.retry_tag(version, cid, packet)
    }
}

impl Session for EvilSession {
    fn initial_keys(&self, cid: &ConnectionId, _: Side) -> Keys {
        let honest: &dyn crypto::ServerConfig = &*self.honest;
        honest.initial_keys(1, cid).ok().unwrap()
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        None
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        None
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        None
    }

    fn early_data_accepted(&self) -> Option<bool> {
        None
    }

    fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    fn read_handshake(&mut self, bytes: &[u8]) -> Result<bool, TransportError> {
        let read = self.tls.read_hs(bytes);
        read.map(|()| false).map_err(|error| TransportError {
            code: TransportErrorCode::crypto(0),
            frame: None,
            reason: error.to_string(),
        })
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        let Some(mut said) = self.tls.quic_transport_parameters() else {
            return Ok(None);
        };
        Ok(Some(TransportParameters::read(Side::Server, &mut said)?))
    }

    fn write_handshake(&mut self, out: &mut Vec<u8>) -> Option<Keys> {
        let keys = match self.tls.write_hs(out)? {
            KeyChange::Handshake { keys } => keys,
            KeyChange::OneRtt { keys, next } => {
                self.next = Some(next);
                keys
            }
        };
        Some(Keys {
            header: KeyPair {
                local: Box::new(keys.local.header),
                remote: Box::new(keys.remote.header),
            },
            packet: KeyPair {
                local: Box::new(keys.local.packet),
                remote: Box::new(keys.remote.packet),
            },
        })
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        let keys = self.next.as_mut()?.next_packet_keys();
        Some(KeyPair {
            local: Box::new(keys.local),
            remote: Box::new(keys.remote),
        })
    }

    fn is_valid_retry(&self, _: &ConnectionId, _: &[u8], _: &[u8]) -> bool {
        false
    }

    fn export_keying_material(
        &self,
        _: &mut [u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        Err(ExportKeyingMaterialError)
    }
}
