//! Hosts, and two connections that talk to each other.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use rand::{SeedableRng as _, rngs::StdRng};
use sinew_identity::{Keypair, PeerId};
use sinew_tcp_proto::{
    Config, Connection, Dial, Endpoint, Parameters, ReadError, Security, StreamId,
};
use sinew_testkit::{Conversation, epoch};
use sinew_tls::{Certificate, CryptoProvider, TimeProvider, UnixTime, default_provider};

/// What a host is made from.
#[derive(Clone)]
pub(crate) struct Build {
    pub(crate) number: u8,
    pub(crate) config: Config,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl Build {
    pub(crate) fn new(number: u8) -> Self {
        static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
        Self {
            number,
            config: Config::default(),
            certificate: None,
            provider: Arc::clone(PROVIDER.get_or_init(default_provider)),
        }
    }

    pub(crate) fn securities(mut self, securities: &[Security]) -> Self {
        self.config.securities = securities.to_vec();
        self
    }

    pub(crate) fn early_muxer(mut self, early_muxer: bool) -> Self {
        self.config.early_muxer = early_muxer;
        self
    }

    pub(crate) fn endpoint(self) -> Arc<Endpoint> {
        let keypair = keypair(self.number);
        let certificate = self.certificate.unwrap_or_else(|| certificate(&keypair));
        Endpoint::new(Parameters {
            keypair: &keypair,
            certificate: &certificate,
            config: self.config,
            provider: self.provider,
            time: Arc::new(Wall),
            seed: [self.number; 32],
        })
        .unwrap()
    }
}

pub(crate) fn keypair(number: u8) -> Keypair {
    Keypair::ed25519_from_secret([number; 32])
}

pub(crate) fn certificate(keypair: &Keypair) -> Certificate {
    Certificate::generate(keypair, &mut StdRng::seed_from_u64(7), wall()).unwrap()
}

/// A wall clock that stands still.
#[derive(Debug)]
pub(crate) struct Wall;

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}

pub(crate) fn wall() -> SystemTime {
    UNIX_EPOCH + NOW
}

const NOW: Duration = Duration::from_secs(1_750_000_000);

/// A host that speaks one security protocol alone.
pub(crate) fn host(number: u8, security: Security) -> Arc<Endpoint> {
    Build::new(number).securities(&[security]).endpoint()
}

/// Two hosts that have met, by one security protocol.
pub(crate) fn connected(security: Security) -> Conversation<Connection, Connection> {
    let mut net = pair(&host(1, security), &host(2, security));
    net.run();
    net.dialer.events.clear();
    net.listener.events.clear();
    net
}

/// A connection of the first host to the second one.
pub(crate) fn pair(
    dialer: &Arc<Endpoint>,
    listener: &Arc<Endpoint>,
) -> Conversation<Connection, Connection> {
    Conversation::new(
        dial(dialer, Some(listener.peer_id())),
        listener.accept(epoch(), [2; 32]),
    )
}

pub(crate) fn dial(endpoint: &Arc<Endpoint>, expected: Option<PeerId>) -> Connection {
    let dial = Dial {
        expected,
        security: None,
    };
    endpoint.dial(epoch(), dial, [1; 32])
}

/// Opens a stream, writes `data` and ends it.
pub(crate) fn send(connection: &mut Connection, data: &[u8]) -> StreamId {
    let stream = connection.open_stream().unwrap();
    let mut data = Bytes::copy_from_slice(data);
    connection.write(stream, &mut data).unwrap();
    assert!(data.is_empty());
    connection.finish(stream).unwrap();
    stream
}

/// Reads what there is.
pub(crate) fn receive(connection: &mut Connection, stream: StreamId) -> Result<Vec<u8>, ReadError> {
    let mut read = Vec::new();
    connection.read_with(stream, usize::MAX, |bytes| read.extend_from_slice(&bytes))?;
    Ok(read)
}
