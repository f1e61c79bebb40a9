//! Datagrams over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use sinew_runtime::{Ecn, ReceivedMeta, UdpNetwork, UdpOptions, UdpSocket, UdpTransmit};
use sinew_udp::OsUdp;

#[tokio::test]
async fn carries_a_datagram_there_and_back() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        send(&alice, &transmit(&bob, b"ping")).await.unwrap();
        let (asked, meta) = receive(&bob, 1).await.remove(0);
        let mut answer = transmit(&alice, b"pong");
        answer.local_ip = meta.local_ip;
        send(&bob, &answer).await.unwrap();
        let (answered, _) = receive(&alice, 1).await.remove(0);

        assert_eq!(asked, b"ping");
        assert_eq!(meta.remote, alice.local_addr().unwrap());
        assert_eq!(answered, b"pong");
    }
}

#[tokio::test]
async fn delivers_a_batch_as_datagrams_of_the_right_size() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        let contents: Vec<u8> = (0..10_500u32).map(|i| i as u8).collect();
        let mut batch = transmit(&bob, &contents);
        batch.segment_len = Some(1_200);

        send(&alice, &batch).await.unwrap();
        let received = receive(&bob, 9).await;

        let sizes: Vec<usize> = received.iter().map(|(bytes, _)| bytes.len()).collect();
        assert_eq!(sizes, [&[1_200; 8][..], &[900]].concat());
        let joined: Vec<u8> = received.into_iter().flat_map(|(bytes, _)| bytes).collect();
        assert_eq!(joined, contents);
    }
}

#[tokio::test]
async fn delivers_a_batch_that_no_system_call_could_carry() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        let contents = vec![7; 100 * 1_200];
        let mut batch = transmit(&bob, &contents);
        batch.segment_len = Some(1_200);

        send(&alice, &batch).await.unwrap();
        let received = receive(&bob, 100).await;

        assert!(received.iter().all(|(bytes, _)| bytes.len() == 1_200));
    }
}

#[tokio::test]
async fn fills_several_buffers_in_one_call() {
    let _turn = TURN.lock().await;
    let (alice, bob) = pair(LOOPBACK);
    // Different sizes, so that the kernel does not join them.
    for len in 1..=8 {
        send(&alice, &transmit(&bob, &[len; 8][..usize::from(len)]))
            .await
            .unwrap();
    }

    let received = receive(&bob, 8).await;

    let sizes: Vec<usize> = received.iter().map(|(bytes, _)| bytes.len()).collect();
    assert_eq!(sizes, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn carries_every_congestion_mark() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        for ecn in [None, Some(Ecn::Ect0), Some(Ecn::Ect1), Some(Ecn::Ce)] {
            let mut marked = transmit(&bob, b"marked");
            marked.ecn = ecn;

            send(&alice, &marked).await.unwrap();
            let (_, meta) = receive(&bob, 1).await.remove(0);

            assert_eq!(meta.ecn, ecn);
        }
    }
}

#[tokio::test]
async fn says_to_which_of_its_addresses_a_datagram_was_sent() {
    let _turn = TURN.lock().await;
    for loopback in loopbacks() {
        let unspecified: IpAddr = match loopback {
            IpAddr::V4(_) => [0; 4].into(),
            IpAddr::V6(_) => [0u16; 8].into(),
        };
        let (alice, bob) = (bind(loopback), bind(unspecified));
        let mut datagram = transmit(&bob, b"to you");
        datagram.remote.set_ip(loopback);

        send(&alice, &datagram).await.unwrap();
        let (_, meta) = receive(&bob, 1).await.remove(0);

        assert_eq!(meta.local_ip, Some(loopback));
    }
}

#[tokio::test]
async fn a_closed_port_does_not_stop_the_socket() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        let closed = bind(alice.local_addr().unwrap().ip());
        let nobody = closed.local_addr().unwrap();
        drop(closed);
        let mut lost = transmit(&bob, b"lost");
        lost.remote = nobody;

        for _ in 0..3 {
            send(&alice, &lost).await.unwrap();
        }
        send(&bob, &transmit(&alice, b"found")).await.unwrap();

        assert_eq!(receive(&alice, 1).await.remove(0).0, b"found");
        send(&alice, &transmit(&bob, b"still here")).await.unwrap();
        assert_eq!(receive(&bob, 1).await.remove(0).0, b"still here");
    }
}

#[tokio::test]
async fn a_waiting_reader_is_woken_by_a_datagram() {
    let _turn = TURN.lock().await;
    let (alice, bob) = pair(LOOPBACK);
    let error = try_receive(&bob, &mut [0; 100]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);

    let reader = tokio::spawn({
        let bob = bob.clone();
        async move { receive(&bob, 1).await.remove(0) }
    });
    tokio::task::yield_now().await;
    send(&alice, &transmit(&bob, b"wake up")).await.unwrap();

    assert_eq!(reader.await.unwrap().0, b"wake up");
}

#[tokio::test]
async fn reports_a_datagram_that_is_too_long() {
    let _turn = TURN.lock().await;
    let (alice, bob) = pair(LOOPBACK);

    let error = send(&alice, &transmit(&bob, &[0; 65_508]))
        .await
        .unwrap_err();

    assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
    send(&alice, &transmit(&bob, b"shorter")).await.unwrap();
    assert_eq!(receive(&bob, 1).await.remove(0).0, b"shorter");
}

#[tokio::test]
async fn drops_a_datagram_that_does_not_fit_its_buffer() {
    let _turn = TURN.lock().await;
    let (alice, bob) = pair(LOOPBACK);
    send(&alice, &transmit(&bob, &[1; 200])).await.unwrap();
    send(&alice, &transmit(&bob, &[2; 50])).await.unwrap();

    let mut lens = Vec::new();
    while lens.last() != Some(&50) {
        let mut buffer = [0; 100];
        readable(&bob).await;
        match try_receive(&bob, &mut buffer) {
            Ok(meta) => lens.push(meta.len),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }

    assert!(matches!(lens[..], [0, 50] | [50]), "{lens:?}");
}

#[tokio::test]
async fn a_failed_send_gives_up_no_feature() {
    let _turn = TURN.lock().await;
    for (alice, bob) in pairs() {
        let segments = alice.max_send_segments();
        let contents = [7; 4_000];
        let mut from_elsewhere = transmit(&bob, &contents);
        from_elsewhere.segment_len = Some(1_000);
        // Linux answers EINVAL to both, as it does to missing offload.
        from_elsewhere.local_ip = Some(match bob.local_addr().unwrap() {
            SocketAddr::V4(_) => [224, 0, 0, 1].into(),
            SocketAddr::V6(_) => [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
        });
        let mut to_nobody = transmit(&bob, b"port 0");
        to_nobody.remote.set_port(0);

        // Where the source address is not checked this is merely delivered.
        let stale_source = send(&alice, &from_elsewhere).await;
        let no_port = send(&alice, &to_nobody).await.unwrap_err();
        let mut marked = transmit(&bob, b"marked");
        marked.ecn = Some(Ecn::Ect0);
        send(&alice, &marked).await.unwrap();

        assert_eq!(no_port.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(alice.max_send_segments(), segments);
        let before = if stale_source.is_ok() { 4 } else { 0 };
        let (bytes, meta) = receive(&bob, before + 1).await.remove(before);
        assert_eq!((&bytes[..], meta.ecn), (&b"marked"[..], Some(Ecn::Ect0)));
    }
}

/// A pair of sockets for each address family of this machine.
fn pairs() -> Vec<(Arc<dyn UdpSocket>, Arc<dyn UdpSocket>)> {
    loopbacks().into_iter().map(pair).collect()
}

fn pair(loopback: IpAddr) -> (Arc<dyn UdpSocket>, Arc<dyn UdpSocket>) {
    (bind(loopback), bind(loopback))
}

fn loopbacks() -> Vec<IpAddr> {
    let v6: IpAddr = [0, 0, 0, 0, 0, 0, 0, 1].into();
    if std::net::UdpSocket::bind((v6, 0)).is_ok() {
        vec![LOOPBACK, v6]
    } else {
        eprintln!("this machine has no IPv6: IPv4 alone is tested");
        vec![LOOPBACK]
    }
}

fn bind(ip: IpAddr) -> Arc<dyn UdpSocket> {
    OsUdp
        .bind(SocketAddr::new(ip, 0), UdpOptions::default())
        .unwrap()
}

fn transmit<'a>(to: &Arc<dyn UdpSocket>, contents: &'a [u8]) -> UdpTransmit<'a> {
    UdpTransmit {
        remote: to.local_addr().unwrap(),
        local_ip: None,
        ecn: None,
        contents,
        segment_len: None,
    }
}

async fn send(socket: &Arc<dyn UdpSocket>, transmit: &UdpTransmit<'_>) -> io::Result<()> {
    loop {
        match socket.try_send(transmit) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let writable = std::future::poll_fn(|cx| socket.poll_writable(cx));
                guarded(writable).await.unwrap();
            }
            outcome => return outcome,
        }
    }
}

/// Receives datagrams, one by one whatever way they were joined, until there are `count`.
async fn receive(socket: &Arc<dyn UdpSocket>, count: usize) -> Vec<(Vec<u8>, ReceivedMeta)> {
    let mut storage = vec![[0; 65_535]; 4];
    let mut received = Vec::new();
    while received.len() < count {
        readable(socket).await;
        let mut buffers: Vec<_> = storage.iter_mut().map(|b| IoSliceMut::new(b)).collect();
        let mut metas = [ReceivedMeta::EMPTY; 4];
        let filled = match socket.try_recv(&mut buffers, &mut metas) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            outcome => outcome.unwrap(),
        };
        for (buffer, meta) in storage.iter().zip(metas).take(filled) {
            let datagrams = buffer[..meta.len].chunks(meta.stride);
            assert!(datagrams.len() <= socket.max_recv_segments());
            received.extend(datagrams.map(|bytes| (bytes.to_vec(), meta)));
        }
    }
    assert_eq!(received.len(), count);
    received
}

fn try_receive(socket: &Arc<dyn UdpSocket>, buffer: &mut [u8]) -> io::Result<ReceivedMeta> {
    let mut metas = [ReceivedMeta::EMPTY];
    socket
        .try_recv(&mut [IoSliceMut::new(buffer)], &mut metas)
        .map(|_| metas[0])
}

async fn readable(socket: &Arc<dyn UdpSocket>) {
    guarded(std::future::poll_fn(|cx| socket.poll_readable(cx)))
        .await
        .unwrap();
}

/// Keeps a failure from hanging.
async fn guarded<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .unwrap()
}

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The kernel drops datagrams of one test when those of another fill its queue for the loopback interface.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
