//! The serving side.

use futures::StreamExt as _;
use libp2p::Multiaddr;
use libp2p::swarm::SwarmEvent;
use tokio::io::AsyncReadExt as _;

use crate::error::Error;
use crate::{Options, Transport, echo, host};

/// Listens on loopback, prints the addresses, and serves until stdin closes.
pub(crate) async fn run(options: &Options) -> Result<(), Error> {
    let mut swarm = host::new(options);
    let mut control = swarm.behaviour().stream.new_control();
    if let Ok(incoming) = control.accept(echo::PROTOCOL) {
        tokio::spawn(echo::serve(incoming));
    }
    swarm.listen_on(any_port(options.transport))?;
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

fn any_port(transport: Transport) -> Multiaddr {
    let text = match transport {
        Transport::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
    };
    text.parse().expect("a literal address is valid")
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut buf = [0; 256];
    while matches!(stdin.read(&mut buf).await, Ok(length) if length > 0) {}
}
