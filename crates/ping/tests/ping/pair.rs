//! Two hosts with a connection between them.

use std::{future::poll_fn, sync::Arc};

use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::{Keypair, PeerId};
use sinew_ping::{Config, PROTOCOL, Pinger};
use sinew_runtime::Runtime;
use sinew_transport::{
    Connection, ConnectionId, Dial, Direction, OpenGate, Stream, StreamInfo, StreamIo, Transport,
    memory::MemoryNetwork, negotiate,
};

pub(crate) struct Pair {
    pub(crate) dialer: Arc<dyn Connection>,
    pub(crate) listener: Arc<dyn Connection>,
}

impl Pair {
    pub(crate) async fn connected() -> Self {
        let network = MemoryNetwork::new(Runtime::tokio());
        let mut listening = network
            .transport(peer(2))
            .listen("/memory/0".parse().expect("an address"), Arc::new(OpenGate))
            .await
            .expect("nobody else listens");
        let dialer = network
            .transport(peer(1))
            .dial(Dial::new(listening.address()))
            .await
            .expect("somebody listens");
        let accepted = poll_fn(|cx| listening.poll_accept(cx)).await;
        let (listener, _permit) = accepted.expect("it listens").expect("it was dialed");
        Self { dialer, listener }
    }

    /// Opens a stream and agrees on ping; returns the dialer's end and the listener's.
    pub(crate) async fn stream(&self) -> (Stream, Stream) {
        let config = negotiate::Config::default();
        let ours = self.dialer.open().await.expect("the connection is open");
        let ours = wrap(ours, &self.dialer, Direction::Outbound);
        let ours = negotiate::dial(ours, [PROTOCOL], config)
            .await
            .expect("nothing is wrong");
        let theirs = self.listener.accept().await.expect("a stream was opened");
        let theirs = wrap(theirs, &self.listener, Direction::Inbound);
        let theirs = negotiate::listen(theirs, [PROTOCOL], config)
            .await
            .expect("we agree");
        (ours, theirs)
    }
}

pub(crate) fn pinger(stream: Stream) -> Pinger<StdRng> {
    Pinger::new(
        stream,
        StdRng::seed_from_u64(7),
        Runtime::tokio(),
        Config::default(),
    )
}

fn wrap(io: Box<dyn StreamIo>, connection: &Arc<dyn Connection>, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer: connection.peer(),
        connection: ConnectionId(1),
        direction,
        protocol: None,
    };
    Stream::new(io, info)
}

fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}
