//! Networks with faults of their own.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use rand::{SeedableRng, rngs::StdRng};
use sinew_identity::Keypair;
use sinew_runtime::{Runtime, TcpListener, TcpNetwork, TcpOptions, TcpStream, TokioTcp};
use sinew_tcp::{Config, TcpTransport};

/// Connections are never answered.
#[derive(Debug)]
pub(crate) struct Never;

/// The first connections cannot be accepted, for want of this process or of the connection.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) errors: Vec<io::ErrorKind>,
}

#[derive(Debug)]
struct FailingListener {
    socket: Box<dyn TcpListener>,
    errors: Vec<io::ErrorKind>,
}

impl TcpNetwork for Never {
    fn connect(
        &self,
        _remote: SocketAddr,
        _options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        Box::pin(pending())
    }

    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>> {
        TokioTcp.listen(address, options)
    }
}

impl TcpNetwork for Failing {
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        TokioTcp.connect(remote, options)
    }

    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>> {
        Ok(Box::new(FailingListener {
            socket: TokioTcp.listen(address, options)?,
            errors: self.errors.clone(),
        }))
    }
}

impl TcpListener for FailingListener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn TcpStream>, SocketAddr)>> {
        match self.errors.pop() {
            Some(kind) => Poll::Ready(Err(kind.into())),
            None => self.socket.poll_accept(cx),
        }
    }
}

/// Makes a transport on `network`.
pub(crate) fn host_on(network: impl TcpNetwork, config: Config) -> TcpTransport {
    TcpTransport::new(
        &Keypair::ed25519_from_secret([5; 32]),
        Runtime::tokio(),
        Arc::new(network),
        config,
        &mut StdRng::from_seed([7; 32]),
    )
    .unwrap()
}
