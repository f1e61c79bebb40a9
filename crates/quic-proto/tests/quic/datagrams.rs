//! Unreliable datagrams.

use bytes::Bytes;
use sinew_quic_proto::{DatagramConfig, Event, SendDatagramError};

use crate::net::{Build, Net, noise};

#[test]
fn carries_datagrams_where_both_sides_want_them() {
    let with = |seed| {
        Build::with_config(seed, |config| {
            config.datagrams = Some(DatagramConfig::default());
        })
    };
    let (mut net, dialer, listener) = Net::connect(Net::build([with(1), with(2)]));

    let connection = net.connection(0, dialer);
    let max = connection.max_datagram_len().unwrap();
    connection
        .send_datagram(Bytes::from(noise(1, max)))
        .unwrap();
    let too_large = connection.send_datagram(Bytes::from(noise(1, max + 1)));
    net.settle();

    let len = max + 1;
    assert_eq!(too_large, Err(SendDatagramError::TooLarge { len, max }));
    assert!(net.peer(1, listener).has(&Event::DatagramReceived));
    let connection = net.connection(1, listener);
    assert_eq!(connection.receive_datagram().unwrap(), noise(1, max));
    assert_eq!(connection.receive_datagram(), None);
}

#[test]
fn says_why_there_are_none() {
    let net = Net::build([
        Build::with_config(1, |config| {
            config.datagrams = Some(DatagramConfig::default());
        }),
        Build::seeded(2),
    ]);
    let (mut net, dialer, listener) = Net::connect(net);
    let payload = Bytes::from_static(b"hello");

    let to_a_peer_without = net.connection(0, dialer).send_datagram(payload.clone());
    let without = net.connection(1, listener).send_datagram(payload);

    assert_eq!(to_a_peer_without, Err(SendDatagramError::UnsupportedByPeer));
    assert_eq!(without, Err(SendDatagramError::Disabled));
    assert_eq!(net.connection(1, listener).max_datagram_len(), None);
}
