//! tokio's TCP sockets.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{TcpListener, TcpNetwork, TcpOptions, TcpStream};

/// The operating system's TCP, driven by tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTcp;

#[derive(Debug)]
struct Listener(tokio::net::TcpListener);

#[derive(Debug)]
struct Stream(tokio::net::TcpStream);

impl TcpNetwork for TokioTcp {
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        Box::pin(async move {
            let socket = new_socket(remote)?;
            if let Some(local) = options.local {
                share_port(&socket)?;
                socket.bind(&local.into())?;
            }
            let socket = tokio::net::TcpSocket::from_std_stream(socket.into());
            let stream = socket.connect(remote).await?;
            Ok(Box::new(Stream(stream)) as Box<dyn TcpStream>)
        })
    }

    fn listen(
        &self,
        address: SocketAddr,
        _options: TcpOptions,
    ) -> io::Result<Box<dyn TcpListener>> {
        let in_context = |error: io::Error| {
            io::Error::new(error.kind(), format!("listen on {address}: {error}"))
        };
        let socket = new_socket(address).map_err(in_context)?;
        share_port(&socket).map_err(in_context)?;
        socket.bind(&address.into()).map_err(in_context)?;
        socket.listen(BACKLOG).map_err(in_context)?;
        let listener = tokio::net::TcpListener::from_std(socket.into()).map_err(in_context)?;
        Ok(Box::new(Listener(listener)))
    }
}

impl TcpListener for Listener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn TcpStream>, SocketAddr)>> {
        self.0.poll_accept(cx).map_ok(|(stream, remote)| {
            // A socket that cannot be set is about to fail anyway, and says so at its first read.
            stream.set_nodelay(true).ok();
            (Box::new(Stream(stream)) as Box<dyn TcpStream>, remote)
        })
    }
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
    socket.set_tcp_nodelay(true)?;
    Ok(socket)
}

/// Lets a listener and the connections dialed from it have one port.
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(cfg!(unix))?;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    socket.set_reuse_port(true)?;
    Ok(())
}

const BACKLOG: i32 = 1024;
