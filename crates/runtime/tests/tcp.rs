//! TCP on tokio, over loopback.
#![cfg(feature = "tokio")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use sinew_runtime::{TcpListener, TcpNetwork, TcpOptions, TcpStream, TokioTcp};

#[tokio::test]
async fn carries_bytes_both_ways_until_each_side_ends() {
    for loopback in loopbacks() {
        let (mut dialer, mut listener) = connected(loopback).await;

        write_all(&mut dialer, &[b"to ", b"you"]).await;
        shutdown(&mut dialer).await;
        let asked = read_to_end(&mut listener).await;
        write_all(&mut listener, &[b"and back"]).await;
        shutdown(&mut listener).await;
        let answered = read_to_end(&mut dialer).await;

        assert_eq!(asked, b"to you");
        assert_eq!(answered, b"and back");
    }
}

#[tokio::test]
async fn both_ends_know_both_addresses() {
    let (dialer, listener) = connected(LOOPBACK).await;

    assert_eq!(dialer.local_addr().unwrap(), listener.peer_addr().unwrap());
    assert_eq!(dialer.peer_addr().unwrap(), listener.local_addr().unwrap());
}

#[tokio::test]
async fn says_that_a_connection_was_refused() {
    let closed = listen(LOOPBACK);
    let nobody = closed.local_addr().unwrap();
    drop(closed);

    let error = TokioTcp
        .connect(nobody, TcpOptions::default())
        .await
        .unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn names_the_address_that_is_in_use() {
    let first = listen(LOOPBACK);
    let taken = first.local_addr().unwrap();

    let error = TokioTcp.listen(taken, TcpOptions::default()).unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}

#[tokio::test]
async fn listens_again_at_once_on_a_port_whose_connections_ended() {
    let mut listener = listen(LOOPBACK);
    let address = listener.local_addr().unwrap();
    let (dialer, accepted) = tokio::join!(
        TokioTcp.connect(address, TcpOptions::default()),
        accept(&mut listener)
    );
    let (mut dialer, mut accepted) = (dialer.unwrap(), accepted);
    // This side ends first, so the connection lingers on its port.
    shutdown(&mut accepted).await;
    read_to_end(&mut dialer).await;
    drop((listener, accepted, dialer));

    let again = TokioTcp.listen(address, TcpOptions::default()).unwrap();

    assert_eq!(again.local_addr().unwrap(), address);
}

#[cfg(unix)]
#[tokio::test]
async fn dials_from_the_port_it_listens_on() {
    let (ours, mut theirs) = (listen(LOOPBACK), listen(LOOPBACK));
    let mut options = TcpOptions::default();
    options.local = Some(ours.local_addr().unwrap());

    let (dialer, accepted) = tokio::join!(
        TokioTcp.connect(theirs.local_addr().unwrap(), options),
        accept(&mut theirs)
    );

    assert_eq!(
        dialer.unwrap().local_addr().unwrap(),
        ours.local_addr().unwrap()
    );
    assert_eq!(accepted.peer_addr().unwrap(), ours.local_addr().unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn accepts_on_a_port_that_was_dialed_from() {
    let (mut ours, mut theirs) = (listen(LOOPBACK), listen(LOOPBACK));
    let address = ours.local_addr().unwrap();
    let mut options = TcpOptions::default();
    options.local = Some(address);
    let (_dialed, _accepted) = tokio::join!(
        TokioTcp.connect(theirs.local_addr().unwrap(), options),
        accept(&mut theirs)
    );

    let (dialer, accepted) = tokio::join!(
        TokioTcp.connect(address, TcpOptions::default()),
        accept(&mut ours)
    );

    assert_eq!(
        dialer.unwrap().local_addr().unwrap(),
        accepted.peer_addr().unwrap()
    );
}

#[tokio::test]
async fn both_families_can_listen_on_one_port() {
    for _ in 0..20 {
        let v4 = listen(Ipv4Addr::UNSPECIFIED.into());
        let port = v4.local_addr().unwrap().port();
        match TokioTcp.listen(([0u16; 8], port).into(), TcpOptions::default()) {
            Ok(v6) => {
                assert_eq!(v6.local_addr().unwrap().port(), port);
                return;
            }
            // Another program's, in the other family.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => {
                eprintln!("this machine has no IPv6, nothing to test: {error}");
                return;
            }
        }
    }
    panic!("no port was free in both families");
}

#[tokio::test]
async fn a_dropped_connection_ends_at_the_other_side() {
    let (dialer, mut listener) = connected(LOOPBACK).await;

    drop(dialer);

    assert_eq!(read_to_end(&mut listener).await, b"");
}

#[test]
fn says_that_a_runtime_is_needed() {
    let address: SocketAddr = (LOOPBACK, 0).into();

    let error = TokioTcp.listen(address, TcpOptions::default()).unwrap_err();

    assert!(error.to_string().contains("127.0.0.1:0"), "{error}");
}

async fn connected(loopback: IpAddr) -> (Box<dyn TcpStream>, Box<dyn TcpStream>) {
    let mut listener = listen(loopback);
    let address = listener.local_addr().unwrap();
    let (dialer, accepted) = tokio::join!(
        TokioTcp.connect(address, TcpOptions::default()),
        accept(&mut listener)
    );
    (dialer.unwrap(), accepted)
}

fn listen(ip: IpAddr) -> Box<dyn TcpListener> {
    TokioTcp
        .listen(SocketAddr::new(ip, 0), TcpOptions::default())
        .unwrap()
}

async fn accept(listener: &mut Box<dyn TcpListener>) -> Box<dyn TcpStream> {
    let accepted = poll_fn(|cx| listener.poll_accept(cx));
    guarded(accepted).await.unwrap().0
}

async fn write_all(stream: &mut Box<dyn TcpStream>, parts: &[&[u8]]) {
    let mut bufs: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut rest = &mut bufs[..];
    while !rest.is_empty() {
        let taken = guarded(poll_fn(|cx| stream.poll_write_vectored(cx, rest))).await;
        IoSlice::advance_slices(&mut rest, taken.unwrap());
    }
}

async fn shutdown(stream: &mut Box<dyn TcpStream>) {
    guarded(poll_fn(|cx| stream.poll_shutdown(cx)))
        .await
        .unwrap();
}

async fn read_to_end(stream: &mut Box<dyn TcpStream>) -> Vec<u8> {
    let (mut all, mut buf) = (Vec::new(), [0; 100]);
    loop {
        let read = guarded(poll_fn(|cx| stream.poll_read(cx, &mut buf)));
        match read.await.unwrap() {
            0 => return all,
            read => all.extend(&buf[..read]),
        }
    }
}

/// The loopback addresses of this machine.
fn loopbacks() -> Vec<IpAddr> {
    let v6: IpAddr = [0, 0, 0, 0, 0, 0, 0, 1].into();
    if std::net::TcpListener::bind((v6, 0)).is_ok() {
        vec![LOOPBACK, v6]
    } else {
        eprintln!("this machine has no IPv6: IPv4 alone is tested");
        vec![LOOPBACK]
    }
}

/// Keeps a failure from hanging.
async fn guarded<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .unwrap()
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
