//! What a connection knows of its path and its traffic.

use std::time::Duration;

use bytes::Bytes;
use sinew_quic_proto::{ConnectionHandle, Stats, StreamId};

use crate::net::{Build, Net};

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
fn the_window_is_small_again_after_a_minute_in_which_only_acknowledgements_are_sent() {
    // The listener keeps the connection alive.
    let quiet = Build::with_config(1, |config| config.keep_alive = false);
    let (mut net, dialer, listener) = Net::connect(Net::build([quiet, Build::seeded(2)]));
    let stream = transfer(&mut net, dialer, listener, 4_000_000);
    let before = net.connection(0, dialer).stats().congestion_window_bytes;

    for _ in 0..300 {
        let mut little = Bytes::from(vec![7; 100]);
        net.connection(1, listener)
            .write(stream, &mut little)
            .unwrap();
        net.run_for(Duration::from_millis(200));
    }
    let mut data = Bytes::from(vec![7; 200_000]);
    net.connection(0, dialer).write(stream, &mut data).unwrap();
    net.drain();

    let after = net.connection(0, dialer).stats().congestion_window_bytes;
    assert!(before > 500_000, "{before}");
    assert!(after < 20_000, "{after} of {before}");
}

#[test]
fn the_window_is_small_again_after_a_download_and_a_minute_of_keep_alives() {
    let (mut net, dialer, listener) = Net::connected();
    transfer(&mut net, dialer, listener, 4_000_000);
    let before = net.connection(0, dialer).stats().congestion_window_bytes;
    download(&mut net, dialer, listener, 4_000_000);

    net.run_for(Duration::from_secs(60));
    transfer(&mut net, dialer, listener, 1);

    let after = net.connection(0, dialer).stats().congestion_window_bytes;
    assert!(before > 500_000, "{before}");
    assert!(after < 20_000, "{after} of {before}");
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
fn transfer(
    net: &mut Net,
    dialer: ConnectionHandle,
    listener: ConnectionHandle,
    len: usize,
) -> StreamId {
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
    stream
}

/// The dialer asks for `len` bytes and reads them all.
fn download(net: &mut Net, dialer: ConnectionHandle, listener: ConnectionHandle, len: usize) {
    let stream = net.connection(0, dialer).open_stream().unwrap();
    let mut request = Bytes::from_static(b"?");
    net.connection(0, dialer)
        .write(stream, &mut request)
        .unwrap();
    let mut data = Bytes::from(vec![7; len]);
    let mut received = 0;
    net.run_until(|net| {
        let connection = net.connection(1, listener);
        while connection.accept_stream().is_some() {}
        while !data.is_empty() && connection.write(stream, &mut data).is_ok() {}
        let connection = net.connection(0, dialer);
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
