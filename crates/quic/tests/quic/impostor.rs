//! A peer that shows the key of somebody else.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::BytesMut;
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_multiaddr::Address;
use sinew_quic_proto::{Config, Connection, ConnectionHandle, Endpoint, Parameters, Routed};
use sinew_sans_io::Datagram;
use sinew_tls::{
    CertificateError, TimeProvider, UnixTime, dangerous::forged_certificate, default_provider,
};
use sinew_transport::{CloseReason, Dial, DialError, Phase, Transport};
use tokio::net::UdpSocket;

use crate::fixture::{Host, in_time};

#[tokio::test]
async fn a_forged_certificate_fails_the_dial_with_the_rule_that_it_breaks() {
    let (alice, bob) = (Host::new(1), Keypair::ed25519_from_secret([2; 32]));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = Address::quic(socket.local_addr().unwrap());
    let impostor = tokio::spawn(answer_as(bob.clone(), socket));

    for dial in [
        Dial::new(address.clone().with_peer(bob.peer_id())),
        // Whoever it is, it has to prove it.
        Dial::new(address),
    ] {
        let error = in_time(alice.transport.dial(dial)).await.unwrap_err();

        let DialError::Failed { phase, reason } = error else {
            panic!("{error:?}");
        };
        assert_eq!(phase, Phase::Handshake);
        let CloseReason::Unauthenticated(cause) = reason else {
            panic!("{reason:?}");
        };
        assert_eq!(
            cause.find::<CertificateError>(),
            Some(&CertificateError::ExtensionSignature)
        );
    }
    impostor.abort();
}

/// Answers every dial with a certificate that says to be of `claimed`, made without its private key.
async fn answer_as(claimed: Keypair, socket: UdpSocket) {
    let forger = Keypair::ed25519_from_secret([66; 32]);
    let mut rng = StdRng::seed_from_u64(1);
    let certificate =
        forged_certificate(&claimed.public(), &forger, &mut rng, SystemTime::now()).unwrap();
    let mut endpoint = Endpoint::new(Parameters {
        keypair: &forger,
        certificate: &certificate,
        config: Config::default(),
        provider: default_provider(),
        time: Arc::new(WallClock),
        seed: [1; 32],
        socket: socket.local_addr().unwrap(),
    })
    .unwrap();
    let mut connections: Vec<(ConnectionHandle, Connection)> = Vec::new();
    let mut buffer = vec![0; 2048];
    loop {
        let (len, remote) = socket.recv_from(&mut buffer).await.unwrap();
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
                for (handle, connection) in &mut connections {
                    if *handle == to {
                        connection.handle_input(input);
                        break;
                    }
                }
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
            for (to, packet) in packets(connection, now) {
                socket.send_to(&packet, to).await.unwrap();
            }
        }
    }
}

fn packets(connection: &mut Connection, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    while let Some(transmit) = connection.poll_transmit(now, NonZeroUsize::MIN, &mut packet) {
        packets.push((transmit.remote, std::mem::take(&mut packet)));
    }
    packets
}

#[derive(Debug)]
struct WallClock;

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(now))
    }
}
