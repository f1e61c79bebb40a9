//! What the operating system knows about a place and keeps from QUIC.
//!
//! A socket that talks to many does not hear that one of them refuses, or that no way leads there: its dial
//! ends with a timeout, which says less and later. A socket that is connected to one place hears it at once.

use std::{
    future::pending,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::UdpSocket, time};

/// Waits until the operating system says that nothing can be sent to `remote`, or that nobody listens there.
/// Otherwise it never ends. The peer receives empty datagrams, which mean nothing to it.
pub(crate) async fn refusal(remote: SocketAddr) -> io::Error {
    // Without a zone the operating system refuses to connect, though it may know where to send.
    if is_link_local(remote.ip()) {
        return pending().await;
    }
    // Whatever keeps us from asking is no answer.
    let Ok(socket) = bind(remote) else {
        return pending().await;
    };
    if let Err(error) = socket.connect(remote).await {
        return error;
    }
    loop {
        if let Some(error) = ask(&socket).await.err().filter(is_refusal) {
            return error;
        }
    }
}

/// Sends a datagram, and waits a while for what becomes of it.
async fn ask(socket: &UdpSocket) -> io::Result<()> {
    socket.send(&[]).await?;
    let answered = async {
        loop {
            socket.recv(&mut [0; 16]).await?;
        }
    };
    // The peer has nothing to answer; what comes is an error, and it may have got lost.
    time::timeout(PATIENCE, answered).await.unwrap_or(Ok(()))
}

fn bind(remote: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = Socket::new(
        Domain::for_address(remote),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if remote.is_ipv6() {
        // As the sockets that dial.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::new(any, 0).into())?;
    UdpSocket::from_std(socket.into())
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            // What Windows makes of the same answer.
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::PermissionDenied
    )
}

/// How long to wait before asking again: routers limit how often they answer.
const PATIENCE: Duration = Duration::from_secs(1);
