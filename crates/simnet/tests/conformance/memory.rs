//! The transport in memory, which everybody's tests use in place of a real one.

use std::{sync::Arc, time::Duration};

use sinew_multiaddr::Address;
use sinew_simnet::{Node, World, conformance::Subject};
use sinew_transport::{
    Transport,
    memory::{MAX_STREAMS, MemoryNetwork, WINDOW_BYTES},
};

struct Memory(MemoryNetwork);

impl Memory {
    fn new(world: &World) -> Self {
        Self(MemoryNetwork::new(world.runtime()))
    }
}

impl Subject for Memory {
    fn transport(&self, node: &Node) -> Arc<dyn Transport> {
        Arc::new(self.0.transport(node.keypair().peer_id()))
    }

    fn listen_on(&self, _node: &Node) -> Address {
        Address::memory(0)
    }

    fn foreign_address(&self) -> Address {
        Address::quic(([20, 0, 1, 1], 4001).into())
    }

    fn max_streams(&self) -> usize {
        MAX_STREAMS
    }

    fn max_unread_bytes(&self) -> usize {
        WINDOW_BYTES
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }
}

sinew_simnet::conformance!(Memory::new);
