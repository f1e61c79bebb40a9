//! Making sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{io, net::SocketAddr};

use sinew_runtime::{UdpNetwork, UdpOptions};
use sinew_udp::OsUdp;

#[tokio::test]
async fn picks_a_free_port_for_port_zero() {
    let socket = OsUdp
        .bind(([127, 0, 0, 1], 0).into(), UdpOptions::default())
        .unwrap();

    assert_ne!(socket.local_addr().unwrap().port(), 0);
}

#[test]
fn loopback_carries_what_every_interface_does_and_not_what_no_packet_holds() {
    assert!(OsUdp.carries_over_loopback(1_200));
    assert!(!OsUdp.carries_over_loopback(u16::MAX));
}

#[tokio::test]
async fn names_the_address_that_is_in_use() {
    let first = OsUdp
        .bind(([127, 0, 0, 1], 0).into(), UdpOptions::default())
        .unwrap();
    let taken = first.local_addr().unwrap();

    let error = OsUdp.bind(taken, UdpOptions::default()).unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}

#[tokio::test]
async fn binds_both_families_to_one_port() {
    let any_v4: SocketAddr = ([0, 0, 0, 0], 0).into();
    let mut last = None;
    // The port that is free for one family may be another program's in the other.
    for _ in 0..20 {
        let v4 = OsUdp.bind(any_v4, UdpOptions::default()).unwrap();
        let port = v4.local_addr().unwrap().port();
        match OsUdp.bind(([0u16; 8], port).into(), UdpOptions::default()) {
            Ok(v6) => {
                assert_eq!(v6.local_addr().unwrap().port(), port);
                return;
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => {
                eprintln!("this machine has no IPv6, nothing to test: {error}");
                return;
            }
        }
    }
    panic!("{last:?}");
}

#[tokio::test]
async fn reports_the_buffers_asked_for_and_granted() {
    let mut options = UdpOptions::default();
    options.receive_buffer_bytes = 100_000;
    options.send_buffer_bytes = 120_000;

    let sizes = OsUdp
        .bind(([127, 0, 0, 1], 0).into(), options)
        .unwrap()
        .buffer_sizes();

    assert_eq!((sizes.receive_asked, sizes.send_asked), (100_000, 120_000));
    // Every system grants this much, and in the unit of asking.
    assert_eq!(sizes.receive_granted, 100_000);
    assert_eq!(sizes.send_granted, 120_000);
}

#[test]
fn says_that_a_runtime_is_needed() {
    let error = OsUdp
        .bind(([127, 0, 0, 1], 0).into(), UdpOptions::default())
        .unwrap_err();

    assert!(error.to_string().contains("127.0.0.1:0"), "{error}");
}
