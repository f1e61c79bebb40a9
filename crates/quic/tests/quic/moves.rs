//! Peers whose address changes.

use std::{
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use sinew_multiaddr::Address;
use sinew_transport::ConnectionEvent;
use tokio::net::UdpSocket;

use crate::fixture::{Host, accept, in_time, wrap};

#[tokio::test]
async fn a_peer_that_moves_keeps_its_streams_and_both_addresses_are_told() {
    let (alice, bob) = (Host::new(1), Host::new(2));
    let mut inbound = bob.listen().await;
    let nat = Nat::before(inbound.address().socket_addr().unwrap()).await;
    let (dialer, accepted) =
        in_time(async { tokio::join!(alice.dial(nat.address()), accept(&mut *inbound)) }).await;
    let (listener, _permit) = accepted.unwrap();
    let mut ours = wrap(in_time(dialer.open()).await.unwrap());
    ours.write_all(b"before, ").await.unwrap();
    let mut theirs = wrap(in_time(listener.accept()).await.unwrap());
    assert_eq!(listener.remote_address(), nat.seen_as(0));

    nat.forget();
    ours.write_all(b"after").await.unwrap();
    ours.finish().unwrap();

    let (old, new) = in_time(async {
        loop {
            match poll_fn(|cx| listener.poll_event(cx)).await {
                Some(ConnectionEvent::AddressChanged { old, new }) => break (old, new),
                Some(ConnectionEvent::Confirmed) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
    assert_eq!((old, new), (nat.seen_as(0), nat.seen_as(1)));
    assert_eq!(listener.remote_address(), nat.seen_as(1));
    let read = in_time(theirs.read_to_end(64)).await.unwrap();
    assert_eq!(read, b"before, after");
    theirs.write_all(b"heard").await.unwrap();
    theirs.finish().unwrap();
    assert_eq!(in_time(ours.read_to_end(64)).await.unwrap(), b"heard");
}

/// Stands between a dialer and a listener, and can forget which port it gave the dialer.
struct Nat {
    inside: SocketAddr,
    outside: [SocketAddr; 2],
    current: Arc<AtomicUsize>,
}

impl Nat {
    async fn before(listener: SocketAddr) -> Self {
        let bind = async || Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let inside = bind().await;
        let outside = [bind().await, bind().await];
        let current = Arc::new(AtomicUsize::new(0));
        let dialer = Arc::new(Mutex::new(None));
        let nat = Self {
            inside: inside.local_addr().unwrap(),
            outside: outside.each_ref().map(|it| it.local_addr().unwrap()),
            current: current.clone(),
        };

        for socket in outside.clone() {
            let (inside, dialer) = (inside.clone(), dialer.clone());
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(len) = socket.recv(&mut buffer).await {
                    let dialer: Option<SocketAddr> = *dialer.lock().unwrap();
                    inside.send_to(&buffer[..len], dialer.unwrap()).await.ok();
                }
            });
        }
        tokio::spawn(async move {
            let mut buffer = vec![0; 65_536];
            while let Ok((len, from)) = inside.recv_from(&mut buffer).await {
                *dialer.lock().unwrap() = Some(from);
                let outside = &outside[current.load(Ordering::Relaxed)];
                outside.send_to(&buffer[..len], listener).await.ok();
            }
        });
        nat
    }

    fn address(&self) -> Address {
        Address::quic(self.inside)
    }

    fn seen_as(&self, index: usize) -> Address {
        Address::quic(self.outside[index])
    }

    fn forget(&self) {
        self.current.store(1, Ordering::Relaxed);
    }
}
