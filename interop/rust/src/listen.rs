//! The serving side.

use futures::StreamExt as _;
use libp2p::Multiaddr;
use libp2p::swarm::SwarmEvent;
use tokio::io::AsyncReadExt as _;

use crate::error::Error;
use crate::{Options, Transport, host, served};

/// Listens on loopback, prints the addresses, and serves until stdin closes.
pub(crate) async fn run(options: &Options) -> Result<(), Error> {
    let mut swarm = host::new(options)?;
    let mut control = swarm.behaviour().stream.new_control();
    served::serve(&mut control);
    swarm.listen_on(listen_address(options))?;
    let peer = *swarm.local_peer_id();
    let mut stdin_closed = std::pin::pin!(stdin_closed());
    loop {
        let event = tokio::select! {
            event = swarm.select_next_some() => event,
            () = &mut stdin_closed => return Ok(()),
        };
        match event {
            SwarmEvent::NewListenAddr { address, .. } => println!("listening {address}/p2p/{peer}"),
            SwarmEvent::ListenerClosed { reason, .. } => {
                return Err(Error::ListenerClosed(format!("{reason:?}")));
            }
            event => eprintln!("{event:?}"),
        }
    }
}

fn listen_address(options: &Options) -> Multiaddr {
    let port = options.port;
    let text = match options.transport {
        Transport::Quic => format!("/ip4/127.0.0.1/udp/{port}/quic-v1"),
        Transport::Tcp => format!("/ip4/127.0.0.1/tcp/{port}"),
    };
    text.parse().expect("a literal address is valid")
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut buf = [0; 256];
    while matches!(stdin.read(&mut buf).await, Ok(length) if length > 0) {}
}
