//! What all connections of a socket share.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use quinn_proto::{
    ConnectionId, DatagramEvent, EndpointConfig, NoneTokenStore, ServerConfig, TokenMemoryCache,
    TokenStore,
};
use rand::{Rng as _, rngs::StdRng};
use sinew_identity::PeerId;
use sinew_sans_io::{Datagram, Role, Transmit};
use sinew_tls::{ClientTemplate, Options, ServerTemplate};

use crate::{
    CloseReason, Config, ConfigError, Connection, ConnectionInput,
    config::Vicinity,
    crypto::{CidGenerator, ClientCrypto, Secrets, ServerCrypto, WallClock},
};

mod gate;
mod incoming;
mod parameters;
mod profile;
mod responses;

pub use gate::opens_connection;
pub use incoming::{AcceptError, Incoming};
pub use parameters::Parameters;
use profile::Profiles;
use responses::Responses;

/// The part of QUIC that belongs to a socket: it routes datagrams and makes connections.
pub struct Endpoint {
    inner: quinn_proto::Endpoint,
    config: Arc<Config>,
    profiles: Profiles,
    client: ClientTemplate,
    /// Address tokens of servers that we know by their peer id.
    tokens: Arc<dyn TokenStore>,
    /// For the connection ids that a dial begins with.
    rng: StdRng,
    responses: Responses,
    /// By handle, whether the connection still exists.
    live: Vec<bool>,
}

/// Names a connection to its endpoint. Used again once the connection is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionHandle(usize);

/// Where a datagram belongs.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and the large variant is the common one"
)]
pub enum Routed {
    /// To a connection; give it to [`Connection::handle_input`].
    Connection(ConnectionHandle, ConnectionInput),
    /// Somebody asks for a new connection. Nothing was done for it yet.
    Incoming(Incoming),
}

/// Whom to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Where.
    pub remote: SocketAddr,
    /// The local address to send from, if it matters.
    pub local_ip: Option<IpAddr>,
    /// Who must answer; with `None` whoever is there.
    pub expected: Option<PeerId>,
}

/// Something that a connection wants of its endpoint.
#[derive(Debug)]
pub struct EndpointInput(pub(crate) quinn_proto::EndpointEvent);

/// Why a dial did not even begin. No packet was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Nobody can be at this address: its port is zero, or its IP address stands for "any".
    #[error("nobody can be reached at {0}")]
    InvalidAddress(SocketAddr),
    /// This endpoint has as many connections as it can tell apart.
    #[error("out of connection ids")]
    Exhausted,
    /// TLS cannot be set up, which [`Endpoint::new`] would have noticed.
    #[error("tls cannot be set up")]
    Tls,
}

impl Endpoint {
    /// Makes an endpoint that has no connections.
    ///
    /// # Errors
    ///
    /// The parameters do not fit together.
    pub fn new(parameters: Parameters<'_>) -> Result<Self, ConfigError> {
        let Parameters {
            keypair,
            socket,
            certificate,
            config,
            provider,
            time,
            seed,
        } = parameters;
        config.validate()?;
        if certificate.peer_id() != keypair.peer_id() {
            return Err(ConfigError::ForeignCertificate);
        }
        let options = Options::quic(provider, Arc::clone(&time));
        let client = ClientTemplate::new(certificate, &options)?;
        // Proves that a dial cannot fail for want of a cipher suite.
        ClientCrypto::new(&client, None)?;
        let server = ServerCrypto::new(ServerTemplate::new(certificate, &options)?)?;
        let secrets = Secrets::new(keypair, socket, &seed);
        let mut server_config = ServerConfig::new(Arc::new(server), Arc::new(secrets.token_key()));
        server_config
            .migration(config.migration)
            .max_incoming(config.max_incoming)
            .incoming_buffer_size(INCOMING_BUFFER)
            .incoming_buffer_size_total(INCOMING_BUFFERS)
            .time_source(Arc::new(WallClock(time)));
        let profiles = Profiles::new(&config, server_config);

        Ok(Self {
            inner: quinn_proto::Endpoint::new(
                Arc::new(endpoint_config(&config, &secrets)?),
                Some(profiles.of(Vicinity::Elsewhere).listener.clone()),
                config.max_mtu.is_some(),
                None,
            ),
            profiles,
            client,
            tokens: Arc::new(TokenMemoryCache::default()),
            rng: secrets.rng(b"initial destination cid"),
            responses: Responses::new(config.max_responses),
            live: Vec::new(),
            config: Arc::new(config),
        })
    }

    /// Begins to connect to a peer. The new connection has packets to send.
    ///
    /// # Errors
    ///
    /// The address is impossible, or this endpoint is full.
    pub fn dial(
        &mut self,
        now: Instant,
        dial: Dial,
    ) -> Result<(ConnectionHandle, Connection), DialError> {
        let crypto = ClientCrypto::new(&self.client, dial.expected).map_err(|_| DialError::Tls)?;
        let mut cid = [0; INITIAL_CID_LEN];
        self.rng.fill_bytes(&mut cid);

        let profile = self.profiles.of(Vicinity::of(dial.remote));
        let mut config = quinn_proto::ClientConfig::new(Arc::new(crypto));
        config
            .transport_config(Arc::clone(&profile.dialer))
            .initial_dst_cid_provider(Arc::new(move || ConnectionId::new(&cid)))
            .token_store(match dial.expected {
                Some(_) => Arc::clone(&self.tokens),
                // A token that one stranger gave must not be shown to another.
                None => Arc::new(NoneTokenStore),
            });
        let server_name = sinew_tls::server_name(dial.expected.as_ref());
        let (handle, connection) = self
            .inner
            .connect(now, config, dial.remote, &server_name)
            .map_err(|error| DialError::from_connect(&error, dial.remote))?;
        let connection = Connection::new(
            now,
            connection,
            Role::Dialer,
            Arc::clone(&self.config),
            dial.local_ip,
        );
        Ok((self.admit(handle), connection))
    }

    /// Takes a datagram from the socket and says where it belongs.
    ///
    /// `None` when it is noise, or when its answer comes out of [`poll_transmit`](Self::poll_transmit).
    #[inline]
    pub fn handle_datagram(&mut self, now: Instant, datagram: Datagram) -> Option<Routed> {
        let Datagram {
            remote,
            local_ip,
            ecn,
            payload,
        } = datagram;
        let ecn = ecn.and_then(|ecn| quinn_proto::EcnCodepoint::from_bits(ecn.bits()));
        let buf = self.responses.buffer();
        match self
            .inner
            .handle(now, remote, local_ip, ecn, payload, buf)?
        {
            DatagramEvent::ConnectionEvent(handle, event) => Some(Routed::Connection(
                ConnectionHandle(handle.0),
                ConnectionInput::datagram(now, local_ip, event),
            )),
            DatagramEvent::NewConnection(incoming) => {
                Some(Routed::Incoming(Incoming::new(incoming)))
            }
            DatagramEvent::Response(transmit) => {
                self.responses.push(&transmit);
                None
            }
        }
    }

    /// Begins the handshake that somebody asks for. This is where it starts to cost.
    ///
    /// # Errors
    ///
    /// The first packet was already too much: it was forged, or has nothing in common with us. The
    /// answer comes out of [`poll_transmit`](Self::poll_transmit).
    pub fn accept(
        &mut self,
        now: Instant,
        incoming: Incoming,
    ) -> Result<(ConnectionHandle, Connection), AcceptError> {
        let incoming = incoming.into_inner();
        let (remote, local_ip) = (incoming.remote_address(), incoming.local_ip());
        let server = self.profiles.of(Vicinity::of(remote)).listener.clone();
        let buf = self.responses.buffer();
        match self.inner.accept(incoming, now, buf, Some(server)) {
            Ok((handle, connection)) => {
                let connection = Connection::new(
                    now,
                    connection,
                    Role::Listener,
                    Arc::clone(&self.config),
                    local_ip,
                );
                Ok((self.admit(handle), connection))
            }
            Err(quinn_proto::AcceptError { cause, response }) => {
                if let Some(transmit) = response {
                    self.responses.push(&transmit);
                }
                let reason = Box::new(CloseReason::from_accept(cause, remote));
                Err(AcceptError { remote, reason })
            }
        }
    }

    /// Asks for proof that the sender is where it says to be; it costs us nothing to remember.
    ///
    /// Ignores an `incoming` that has been through this, for which [`Incoming::may_retry`] is false.
    pub fn retry(&mut self, incoming: Incoming) {
        let buf = self.responses.buffer();
        match self.inner.retry(incoming.into_inner(), buf) {
            Ok(transmit) => self.responses.push(&transmit),
            Err(error) => self.inner.ignore(error.into_incoming()),
        }
    }

    /// Says no, so that the dialer need not wait for its timeout.
    pub fn refuse(&mut self, incoming: Incoming) {
        let buf = self.responses.buffer();
        let transmit = self.inner.refuse(incoming.into_inner(), buf);
        self.responses.push(&transmit);
    }

    /// Says nothing, which costs nothing.
    pub fn ignore(&mut self, incoming: Incoming) {
        self.inner.ignore(incoming.into_inner());
    }

    /// Takes what a connection wants of its endpoint, and returns the answer for that connection.
    ///
    /// After an input that [is the last](EndpointInput::is_drained), the handle names nothing.
    pub fn handle_connection_output(
        &mut self,
        handle: ConnectionHandle,
        output: EndpointInput,
    ) -> Option<ConnectionInput> {
        let live = self.live.get_mut(handle.0).filter(|live| **live)?;
        *live = !output.is_drained();
        self.inner
            .handle_event(quinn_proto::ConnectionHandle(handle.0), output.0)
            .map(ConnectionInput::control)
    }

    /// Forgets a connection that was dropped before it was drained.
    ///
    /// Its peer is not told; later packets get a stateless reset. What the connection still had for its
    /// endpoint must not be handed in.
    pub fn forget(&mut self, handle: ConnectionHandle) {
        let drained = EndpointInput(quinn_proto::EndpointEvent::drained());
        let _nothing = self.handle_connection_output(handle, drained);
    }

    /// Appends the next answer to a stranger to `out`, and says where it goes.
    #[must_use = "bytes were appended to `out`"]
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<Transmit> {
        self.responses.pop(out)
    }

    /// Returns how many connections exist, the undrained ones included.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.inner.open_connections()
    }

    /// Returns the settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn admit(&mut self, handle: quinn_proto::ConnectionHandle) -> ConnectionHandle {
        let index = handle.0;
        if self.live.len() <= index {
            self.live.resize(index.saturating_add(1), false);
        }
        if let Some(live) = self.live.get_mut(index) {
            *live = true;
        }
        ConnectionHandle(index)
    }
}

impl ConnectionHandle {
    /// Returns a small number: handles count from zero and are used again.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

impl EndpointInput {
    /// Returns whether this is the last that the connection has to say; then it can be dropped.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.0.is_drained()
    }
}

impl DialError {
    fn from_connect(error: &quinn_proto::ConnectError, remote: SocketAddr) -> Self {
        use quinn_proto::ConnectError;
        match error {
            ConnectError::InvalidRemoteAddress(_) => Self::InvalidAddress(remote),
            ConnectError::CidsExhausted | ConnectError::EndpointStopping => Self::Exhausted,
            ConnectError::InvalidServerName(_)
            | ConnectError::NoDefaultClientConfig
            | ConnectError::UnsupportedVersion => Self::Tls,
        }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("connections", &self.connection_count())
            .finish_non_exhaustive()
    }
}

fn endpoint_config(config: &Config, secrets: &Secrets<'_>) -> Result<EndpointConfig, ConfigError> {
    let (cid_key, cid_seed) = (secrets.cid_key(), secrets.seed(b"connection ids"));
    let mut endpoint = EndpointConfig::new(Arc::new(secrets.reset_key()));
    endpoint
        .cid_generator(move || Box::new(CidGenerator::new(cid_key.clone(), cid_seed)))
        .supported_versions(vec![QUIC_V1])
        .rng_seed(Some(secrets.seed(b"endpoint")))
        .max_udp_payload_size(config.max_udp_payload)
        .map_err(|_| ConfigError::OutOfRange("max_udp_payload is not within 1200 and 65527"))?;
    Ok(endpoint)
}

const QUIC_V1: u32 = 1;
// [RFC 9000 §7.2] At least eight, and unpredictable.
const INITIAL_CID_LEN: usize = 16;
/// What is kept of a handshake that waits for a decision, beyond its first packet: without 0-RTT that is
/// a large hello's second packet and repetitions.
const INCOMING_BUFFER: u64 = 16 * 1024;
const INCOMING_BUFFERS: u64 = 1024 * 1024;
