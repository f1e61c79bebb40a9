//! tokio's TCP sockets.

use std::{
    future::Future,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::BytesMut;
use futures_util::future::BoxFuture;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::{TcpListener, TcpNetwork, TcpOptions, TcpStream};

/// The operating system's TCP, driven by tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTcp;

#[derive(Debug)]
struct Listener {
    socket: tokio::net::TcpListener,
    options: TcpOptions,
}

#[derive(Debug)]
struct Stream(tokio::net::TcpStream);

impl TcpNetwork for TokioTcp {
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        Box::pin(async move {
            let stream = connect(remote, options).await?;
            Ok(Box::new(stream) as Box<dyn TcpStream>)
        })
    }

    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>> {
        match listen(address) {
            Ok(socket) => Ok(Box::new(Listener { socket, options })),
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("listen on TCP {address}: {error}"),
            )),
        }
    }
}

impl TcpListener for Listener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn TcpStream>, SocketAddr)>> {
        self.poll_stream(cx)
            .map_ok(|(stream, remote)| (Box::new(stream) as Box<dyn TcpStream>, remote))
    }
}

impl Listener {
    fn poll_stream(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, SocketAddr)>> {
        self.socket.poll_accept(cx).map_ok(|(stream, remote)| {
            // A socket that cannot be set is about to fail anyway, and says so at its first read.
            tune(&SockRef::from(&stream), &self.options).ok();
            (Stream(stream), remote)
        })
    }
}

async fn connect(remote: SocketAddr, options: TcpOptions) -> io::Result<Stream> {
    let socket = new_socket(remote)?;
    tune(&SockRef::from(&socket), &options)?;
    if let Some(local) = options.local {
        share_port(&socket)?;
        socket.bind(&local.into())?;
    }
    let socket = tokio::net::TcpSocket::from_std_stream(socket.into());
    Ok(Stream(socket.connect(remote).await?))
}

impl TcpStream for Stream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        Pin::new(&mut self.0)
            .poll_read(cx, &mut buf)
            .map_ok(|()| buf.filled().len())
    }

    fn poll_read_into(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        // The future has no state of its own: one for each poll is as good as one for all.
        pin!(self.0.read_buf(buf)).poll(cx)
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn listen(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    // tokio would panic.
    tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let socket = new_socket(address)?;
    socket.set_reuse_address(cfg!(unix))?;
    socket.bind(&address.into())?;
    // After binding: two programs that both share a port from the start would be let in, and each
    // would get half of the connections.
    share_port(&socket)?;
    socket.listen(BACKLOG)?;
    tokio::net::TcpListener::from_std(socket.into())
}

fn new_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn tune(socket: &SockRef<'_>, options: &TcpOptions) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    if let Some(bytes) = options.not_sent_low_water {
        set_not_sent_low_water(socket, bytes)?;
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_not_sent_low_water(socket: &SockRef<'_>, bytes: u32) -> io::Result<()> {
    socket.set_tcp_notsent_lowat(bytes)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_not_sent_low_water(_socket: &SockRef<'_>, _bytes: u32) -> io::Result<()> {
    Ok(())
}

/// Lets a listener and the connections dialed from it have one port.
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(cfg!(unix))?;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    socket.set_reuse_port(true)?;
    Ok(())
}

const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests;
