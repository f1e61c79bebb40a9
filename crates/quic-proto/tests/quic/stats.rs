//! What a connection knows of its path and its traffic.

use bytes::Bytes;
use sinew_quic_proto::{ConnectionHandle, Stats};

use crate::net::Net;

#[test]
fn counts_what_goes_over_the_wire_and_measures_the_path() {
    let (mut net, dialer, listener) = Net::connected();
    transfer(&mut net, dialer, listener, 1_000_000);

    let ours = net.connection(0, dialer).stats();
    let theirs = net.connection(1, listener).stats();

    // The datagram that made the listener's connection is not counted there.
    let (datagrams, bytes) = traffic_in(theirs);
    let first = net.wire[0].len() as u64;
    assert_eq!(traffic_out(ours), (datagrams + 1, bytes + first));
    assert_eq!(traffic_out(theirs), traffic_in(ours));
    let bytes: usize = net.wire.iter().map(Vec::len).sum();
    assert_eq!(ours.sent_bytes + theirs.sent_bytes, bytes as u64);
    assert_eq!(
        ours.sent_datagrams + theirs.sent_datagrams,
        net.wire.len() as u64
    );
    assert!(ours.sent_bytes > 1_000_000 && theirs.sent_bytes < 100_000);

    assert_eq!(ours.min_rtt, 2 * net.link.delay);
    assert!((2 * net.link.delay..3 * net.link.delay).contains(&ours.rtt));
    assert_eq!(ours.rtt, net.connection(0, dialer).rtt());
    assert_eq!(ours.mtu, net.connection(0, dialer).mtu());
    assert!(ours.mtu > 1200, "the path carries more: {}", ours.mtu);
    // It began with ten packets, and nothing has been lost since.
    assert!(ours.congestion_window_bytes > 20_000);
    assert_eq!(losses(ours), (0, 0, 0, 0));
    assert_eq!(losses(theirs), (0, 0, 0, 0));
}

#[test]
fn counts_what_was_lost_on_the_way() {
    let (mut net, dialer, listener) = Net::connected();
    net.link.loss = 50;
    transfer(&mut net, dialer, listener, 1_000_000);

    let ours = net.connection(0, dialer).stats();
    let theirs = net.connection(1, listener).stats();

    let (lost_packets, lost_bytes, congestion_events, black_holes) = losses(ours);
    let missing = ours.sent_datagrams - theirs.received_datagrams;
    assert!(
        (missing / 2..2 * missing).contains(&lost_packets),
        "{lost_packets} packets of {missing} datagrams"
    );
    assert!((500 * lost_packets..1500 * lost_packets).contains(&lost_bytes));
    assert!((1..=lost_packets).contains(&congestion_events));
    assert_eq!(black_holes, 0);
    assert!(ours.sent_packets >= ours.sent_datagrams);
}

/// The dialer sends `len` bytes, and the listener reads them all.
fn transfer(net: &mut Net, dialer: ConnectionHandle, listener: ConnectionHandle, len: usize) {
    let stream = net.connection(0, dialer).open_stream().unwrap();
    let mut data = Bytes::from(vec![7; len]);
    let mut received = 0;
    net.run_until(|net| {
        while !data.is_empty() && net.connection(0, dialer).write(stream, &mut data).is_ok() {}
        let connection = net.connection(1, listener);
        while connection.accept_stream().is_some() {}
        let _ = connection.read_with(stream, usize::MAX, |bytes| received += bytes.len());
        received == len
    });
    net.settle();
}

fn traffic_out(stats: Stats) -> (u64, u64) {
    (stats.sent_datagrams, stats.sent_bytes)
}

fn traffic_in(stats: Stats) -> (u64, u64) {
    (stats.received_datagrams, stats.received_bytes)
}

fn losses(stats: Stats) -> (u64, u64, u64, u64) {
    (
        stats.lost_packets,
        stats.lost_bytes,
        stats.congestion_events,
        stats.black_holes,
    )
}
