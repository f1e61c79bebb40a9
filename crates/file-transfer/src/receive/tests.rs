//! Waiting for the disk.

use std::sync::Arc;

use sinew_identity::Keypair;
use sinew_runtime::Runtime;
use sinew_transport::{
    ConnectionId, Dial, Direction, OpenGate, StreamInfo, StreamIo, Transport, memory::MemoryNetwork,
};

use super::*;
use crate::{Config, Receiver};

#[tokio::test(start_paused = true)]
async fn a_sender_is_asked_to_wait_as_long_as_the_disk_works() {
    let dir = tempfile::TempDir::new().unwrap();
    let runtime = Runtime::tokio();
    let receiver = Receiver::open(&runtime, dir.path(), Config::default(), |_| {})
        .await
        .unwrap();
    let (mut ours, mut theirs) = streams().await;
    let reception = Reception::new(&receiver.shared, TransferId(0));
    let slow = runtime.sleep(WAIT_INTERVAL * 3 + WAIT_INTERVAL / 2);

    reception.keep_waiting(&mut ours, slow).await.unwrap();
    ours.finish().unwrap();

    let mut replies = Vec::new();
    while let Ok(reply) = Reply::read(&mut theirs).await {
        replies.push(reply);
    }
    assert_eq!(replies, [Reply::Wait; 3]);
}

async fn streams() -> (Stream, Stream) {
    let network = MemoryNetwork::new(Runtime::tokio());
    let host = |secret| {
        let peer = Keypair::ed25519_from_secret([secret; 32]).peer_id();
        network.transport(peer)
    };
    let mut listening = host(1)
        .listen("/memory/0".parse().unwrap(), Arc::new(OpenGate))
        .await
        .unwrap();
    let dialer = host(2).dial(Dial::new(listening.address())).await.unwrap();
    let (listener, _permit) = std::future::poll_fn(|cx| listening.poll_accept(cx))
        .await
        .unwrap()
        .unwrap();
    let mut ours = wrap(dialer.open().await.unwrap(), Direction::Outbound);
    ours.write_all(&[0]).await.unwrap();
    let mut theirs = wrap(listener.accept().await.unwrap(), Direction::Inbound);
    theirs.read_exact(&mut [0]).await.unwrap();
    // The streams outlive the handles of their connection.
    (ours, theirs)
}

fn wrap(io: Box<dyn StreamIo>, direction: Direction) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([1; 32]).peer_id(),
        connection: ConnectionId(1),
        direction,
        protocol: None,
    };
    Stream::new(io, info)
}
