//! QUIC.

use std::{sync::Arc, time::Duration};

use sinew_multiaddr::Address;
use sinew_quic::Config;
use sinew_simnet::{Node, World, conformance::Subject};
use sinew_transport::Transport;

struct Quic(Config);

impl Quic {
    fn new(_world: &World) -> Self {
        Self(Config::default())
    }
}

impl Subject for Quic {
    fn transport(&self, node: &Node) -> Arc<dyn Transport> {
        Arc::new(node.quic(self.0.clone()))
    }

    fn transport_allowing(&self, node: &Node, streams: u32) -> Option<Arc<dyn Transport>> {
        let mut config = self.0.clone();
        config.protocol.max_streams = streams;
        Some(Arc::new(node.quic(config)))
    }

    fn listen_on(&self, node: &Node) -> Address {
        Address::quic((node.ipv4(), 0).into())
    }

    fn foreign_address(&self) -> Address {
        Address::memory(1)
    }

    fn max_streams(&self) -> usize {
        self.0.protocol.max_streams as usize
    }

    fn max_unread_bytes(&self) -> usize {
        let protocol = &self.0.protocol;
        (protocol.stream_receive_window + protocol.send_window) as usize
    }

    fn patience(&self) -> Duration {
        // The ping that nobody answers, a third of the timeout later, starts it anew.
        self.0.protocol.max_idle_timeout * 3 / 2
    }
}

sinew_simnet::conformance!(Quic::new);
sinew_simnet::conformance_over_a_network!(Quic::new);
