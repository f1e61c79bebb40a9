//! TCP, with either security protocol.

use std::{sync::Arc, time::Duration};

use sinew_multiaddr::Address;
use sinew_simnet::{
    Node, World,
    conformance::{Subject, Wire},
};
use sinew_tcp::{Config, SecurityProtocol};
use sinew_transport::Transport;

struct Tcp(Config);

impl Tcp {
    fn noise(_world: &World) -> Self {
        Self::over(SecurityProtocol::Noise)
    }

    fn tls(_world: &World) -> Self {
        Self::over(SecurityProtocol::Tls)
    }

    fn over(security: SecurityProtocol) -> Self {
        let mut config = Config::default();
        config.protocol.securities = vec![security];
        Self(config)
    }
}

impl Subject for Tcp {
    fn transport(&self, node: &Node) -> Arc<dyn Transport> {
        Arc::new(node.tcp_transport(self.0.clone()))
    }

    fn transport_allowing(&self, node: &Node, streams: u32) -> Option<Arc<dyn Transport>> {
        let mut config = self.0.clone();
        config.protocol.yamux.max_inbound_streams = streams;
        Some(Arc::new(node.tcp_transport(config)))
    }

    fn listen_on(&self, node: &Node) -> Address {
        Address::tcp((node.ipv4(), 0).into())
    }

    fn foreign_address(&self) -> Address {
        Address::memory(1)
    }

    fn max_streams(&self) -> usize {
        self.0.protocol.yamux.max_inbound_streams as usize
    }

    fn max_unread_bytes(&self) -> usize {
        let yamux = &self.0.protocol.yamux;
        yamux.max_stream_window as usize + yamux.stream_send_buffer
    }

    fn patience(&self) -> Duration {
        let yamux = &self.0.protocol.yamux;
        // The ping that nobody answers is sent after a silence, which what is under way begins anew.
        yamux.keep_alive.unwrap_or_default() + yamux.ping_timeout + Duration::from_secs(1)
    }

    fn wire(&self) -> Wire {
        Wire::YAMUX
    }
}

mod noise {
    use super::Tcp;

    sinew_simnet::conformance!(Tcp::noise);
    sinew_simnet::conformance_over_a_network!(Tcp::noise);
}

mod tls {
    use super::Tcp;

    sinew_simnet::conformance!(Tcp::tls);
    sinew_simnet::conformance_over_a_network!(Tcp::tls);
}
