//! The swarm and its behaviours, the same for both roles.

use std::convert::Infallible;
use std::time::Duration;

use libp2p::swarm::NetworkBehaviour;
use libp2p::{Swarm, SwarmBuilder, identify, noise, ping, tcp, tls, yamux};

use crate::error::Error;
use crate::{Options, Security, Transport};

/// What this peer speaks.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) identify: identify::Behaviour,
    pub(crate) ping: ping::Behaviour,
    /// Streams of protocols that are no behaviour of their own: echo.
    pub(crate) stream: libp2p_stream::Behaviour,
}

impl Behaviour {
    fn new(key: &libp2p::identity::Keypair, ping_interval: Duration) -> Self {
        let identify = identify::Config::new("/interop/1.0.0".to_owned(), key.public())
            .with_agent_version(format!("rust-libp2p/{}", version()));
        Self {
            identify: identify::Behaviour::new(identify),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(ping_interval)),
            stream: libp2p_stream::Behaviour::new(),
        }
    }
}

/// Makes a host with a fresh identity, which speaks the one stack that the options name.
pub(crate) fn new(options: &Options) -> Result<Swarm<Behaviour>, Error> {
    let builder = SwarmBuilder::with_existing_identity(options.identity()).with_tokio();
    // Each stack is a type of its own, so what follows is said once and used three times.
    macro_rules! swarm {
        ($builder:expr) => {{
            let made: Result<_, Infallible> =
                $builder.with_behaviour(|key| Behaviour::new(key, options.ping_interval));
            match made {
                Ok(builder) => builder
                    .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
                    .build(),
                Err(never) => match never {},
            }
        }};
    }
    let config = tcp::Config::default();
    Ok(match (options.transport, options.security) {
        (Transport::Quic, _) => swarm!(builder.with_quic()),
        (Transport::Tcp, Security::Noise) => {
            swarm!(builder.with_tcp(config, noise::Config::new, yamux::Config::default)?)
        }
        (Transport::Tcp, Security::Tls) => {
            swarm!(builder.with_tcp(config, tls::Config::new, yamux::Config::default)?)
        }
    })
}

/// Returns the version of rust-libp2p that the lock file names.
pub(crate) fn version() -> &'static str {
    const LOCK: &str = include_str!("../Cargo.lock");
    LOCK.split_once("name = \"libp2p\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("of unknown version", |(version, _)| version)
}

/// Longer than any single check takes, so that this side never ends a check by itself.
const IDLE: Duration = Duration::from_secs(60);
