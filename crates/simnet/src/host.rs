//! Hosts and transports that run on a node.

use std::sync::Arc;

use sinew::{Host, HostBuilder};
use sinew_identity::Keypair;
use sinew_quic::{Config, QuicTransport};
use sinew_tcp::TcpTransport;
use sinew_testkit::Seed;

use crate::Node;

impl Node {
    /// Returns the seed of everything random on the node in its present life.
    pub fn seed(&self) -> Seed {
        let (seed, life) = self
            .shared
            .with(|core| (core.seed, core.node(self.id()).life));
        let node = seed.child("node").nth(self.id().get().into());
        node.nth(life.into())
    }

    /// Returns the node's identity, which crashes do not change.
    pub fn keypair(&self) -> Keypair {
        let seed = self.shared.with(|core| core.seed).child("identity");
        let seed = seed.nth(self.id().get().into());
        Keypair::ed25519_from_secret(seed.bytes())
    }

    /// Makes a QUIC transport on the node's UDP, in which everything random follows from the seed, what the
    /// cryptography draws included.
    ///
    /// # Panics
    ///
    /// The settings are out of range.
    pub fn quic(&self, config: Config) -> QuicTransport {
        let seed = self.seed().child("quic");
        let provider = sinew_tls::dangerous::seeded_provider(seed.child("provider").bytes());
        QuicTransport::with_provider(
            &self.keypair(),
            self.runtime(),
            self.udp(),
            config,
            provider,
            &mut seed.rng(),
        )
        .unwrap_or_else(|error| panic!("no QUIC on {self:?}: {error}"))
    }

    /// Makes a TCP transport on the node's TCP, in which everything random follows from the seed, as for
    /// [`quic`](Self::quic).
    ///
    /// # Panics
    ///
    /// The settings are out of range.
    pub fn tcp_transport(&self, config: sinew_tcp::Config) -> TcpTransport {
        let seed = self.seed().child("tcp");
        let provider = sinew_tls::dangerous::seeded_provider(seed.child("provider").bytes());
        TcpTransport::with_provider(
            &self.keypair(),
            self.runtime(),
            self.tcp(),
            config,
            provider,
            &mut seed.rng(),
        )
        .unwrap_or_else(|error| panic!("no TCP on {self:?}: {error}"))
    }

    /// Begins to describe a host on the node, with its identity, time, sockets, names and seed.
    ///
    /// To be told to listen at addresses of the node: for an unspecified one the facade asks the real
    /// machine which interfaces it has.
    pub fn host(&self) -> HostBuilder {
        self.host_with(Config::default(), sinew_tcp::Config::default())
    }

    /// As [`host`](Self::host), with settings for the transports.
    pub fn host_with(&self, quic: Config, tcp: sinew_tcp::Config) -> HostBuilder {
        // The transports that are given here are asked before the builder's own, whose cryptography draws
        // from the operating system.
        Host::builder(self.keypair())
            .runtime(self.runtime())
            .udp(self.udp())
            .resolver(self.resolver())
            .dangerous_seed(self.seed().child("host").bytes())
            .transport(Arc::new(self.quic(quic)))
            .transport(Arc::new(self.tcp_transport(tcp)))
    }
}
