//! A peer that shows the key of somebody else.

use std::{
    net::{SocketAddr, UdpSocket},
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::BytesMut;
use sinew::{Address, Keypair};
use sinew_quic_proto::{Config, Connection, ConnectionHandle, Endpoint, Parameters, Routed};
use sinew_sans_io::Datagram;
use sinew_tls::{TimeProvider, UnixTime, dangerous::forged_certificate, default_provider};

use crate::program::sinew;

#[test]
fn a_forged_certificate_is_told_with_the_rule_that_it_breaks() {
    let claimed = Keypair::generate_ed25519();
    let address = start(&claimed);

    let unnamed = sinew(["ping", &address.to_string()]).failure();
    let named = address.with_peer(claimed.peer_id()).to_string();
    let named = sinew(["identify", &named, "--json"]).failure();

    for words in ["bad certificate", "at fault: the peer", "what to do"] {
        assert!(unnamed.stderr.contains(words), "{words}: {unnamed:?}");
    }
    let [failed] = &named.objects()[..] else {
        panic!("one object: {named:?}");
    };
    assert_eq!(failed["kind"], "bad_certificate");
    assert_eq!(failed["fault"], "peer");
    let message = failed["message"].as_str().unwrap();
    assert!(message.contains("host key"), "{message}");
}

/// Answers every dial, until the process ends, with a certificate that says to be of `claimed` and was made
/// without its private key.
fn start(claimed: &Keypair) -> Address {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let local = socket.local_addr().unwrap();
    let endpoint = forger(claimed, local);
    thread::spawn(move || answer(&socket, endpoint));
    Address::quic(local)
}

fn forger(claimed: &Keypair, socket: SocketAddr) -> Endpoint {
    let keypair = Keypair::generate_ed25519();
    let now = SystemTime::now();
    let certificate = forged_certificate(&claimed.public(), &keypair, &mut rand::rng(), now);
    Endpoint::new(Parameters {
        keypair: &keypair,
        certificate: &certificate.unwrap(),
        config: Config::default(),
        provider: default_provider(),
        time: Arc::new(WallClock),
        seed: [1; 32],
        socket,
    })
    .unwrap()
}

fn answer(socket: &UdpSocket, mut endpoint: Endpoint) {
    let mut connections: Vec<(ConnectionHandle, Connection)> = Vec::new();
    let mut buffer = [0; 2048];
    // An error is ICMP's, about a dialer that has gone.
    loop {
        let Ok((len, remote)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let datagram = Datagram {
            remote,
            local_ip: None,
            ecn: None,
            payload: BytesMut::from(&buffer[..len]),
        };
        let now = Instant::now();
        match endpoint.handle_datagram(now, datagram) {
            Some(Routed::Incoming(incoming)) => {
                connections.push(endpoint.accept(now, incoming).unwrap());
            }
            Some(Routed::Connection(to, input)) => {
                let found = connections.iter_mut().find(|(handle, _)| *handle == to);
                found.unwrap().1.handle_input(input);
            }
            None => {}
        }
        for (handle, connection) in &mut connections {
            while let Some(output) = connection.poll_endpoint() {
                if let Some(input) = endpoint.handle_connection_output(*handle, output) {
                    connection.handle_input(input);
                }
            }
            while connection.poll_event().is_some() {}
            let mut packet = Vec::new();
            while let Some(to) = connection.poll_transmit(now, NonZeroUsize::MIN, &mut packet) {
                socket.send_to(&packet, to.remote).ok();
                packet.clear();
            }
        }
    }
}

#[derive(Debug)]
struct WallClock;

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(now))
    }
}
