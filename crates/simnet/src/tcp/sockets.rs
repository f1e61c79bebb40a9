//! The TCP port, filled by the model.

use std::{
    fmt,
    future::poll_fn,
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use sinew_runtime::{TcpListener, TcpNetwork, TcpOptions, TcpStream};

use super::stack::ConnectionKey;
use crate::{NodeId, shared::Shared};

/// The TCP of a node, in one of its lives.
#[derive(Clone)]
pub(crate) struct VirtualTcp {
    shared: Arc<Shared>,
    node: NodeId,
    life: u32,
}

/// A listener; dropping it resets what was not accepted.
struct VirtualListener {
    shared: Arc<Shared>,
    node: NodeId,
    address: SocketAddr,
}

/// A connection; dropping it closes it as a kernel would.
struct VirtualStream {
    shared: Arc<Shared>,
    key: ConnectionKey,
    local: SocketAddr,
    remote: SocketAddr,
}

impl VirtualTcp {
    pub(crate) fn new(shared: Arc<Shared>, node: NodeId, life: u32) -> Self {
        Self { shared, node, life }
    }

    fn begin(&self, remote: SocketAddr, options: &TcpOptions) -> io::Result<VirtualStream> {
        let (node, life) = (self.node, self.life);
        let begun = self.shared.with(|core| {
            if !core.node(node).is_alive(life) {
                return Err(io::ErrorKind::NetworkDown.into());
            }
            let low_water = options.not_sent_low_water;
            let key = core.tcp_connect(node, remote, options.local, low_water)?;
            Ok::<_, io::Error>((key, core.tcp.get_mut(key)?.local))
        });
        let (key, local) = begun?;
        Ok(VirtualStream {
            shared: self.shared.clone(),
            key,
            local,
            remote,
        })
    }
}

impl TcpNetwork for VirtualTcp {
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        let this = self.clone();
        Box::pin(async move {
            let stream = this.begin(remote, &options)?;
            poll_fn(|cx| stream.poll_open(cx)).await?;
            Ok(Box::new(stream) as Box<dyn TcpStream>)
        })
    }

    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>> {
        let (node, life) = (self.node, self.life);
        let bound = self.shared.with(|core| {
            if !core.node(node).is_alive(life) {
                return Err(io::ErrorKind::NetworkDown);
            }
            core.tcp_listen(node, address, options.not_sent_low_water)
        });
        let address = bound
            .map_err(|kind| io::Error::new(kind, format!("listen on TCP {address}: {kind}")))?;
        Ok(Box::new(VirtualListener {
            shared: self.shared.clone(),
            node,
            address,
        }))
    }
}

impl TcpListener for VirtualListener {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn TcpStream>, SocketAddr)>> {
        let accepted = self.shared.with(|core| {
            let key = core.tcp_accept(self.node, self.address, cx.waker())?;
            Some(key.and_then(|key| {
                let connection = core.tcp.get_mut(key)?;
                Ok((key, connection.local, connection.remote))
            }))
        });
        let Some(accepted) = accepted else {
            return Poll::Pending;
        };
        Poll::Ready(accepted.map(|(key, local, remote)| {
            let stream = VirtualStream {
                shared: self.shared.clone(),
                key,
                local,
                remote,
            };
            (Box::new(stream) as Box<dyn TcpStream>, remote)
        }))
    }
}

impl Drop for VirtualListener {
    fn drop(&mut self) {
        self.shared
            .with(|core| core.tcp_unlisten(self.node, self.address));
    }
}

impl VirtualStream {
    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.with(|core| {
            let connection = core.tcp.get_mut(self.key)?;
            if connection.is_open() {
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = connection.error() {
                return Poll::Ready(Err(error));
            }
            connection.writer = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

impl TcpStream for VirtualStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.remote)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.shared.with(|core| {
            let connection = core.tcp.get_mut(self.key)?;
            let Some(outcome) = connection.read(buf) else {
                connection.reader = Some(cx.waker().clone());
                return Poll::Pending;
            };
            core.settle(self.key);
            Poll::Ready(outcome)
        })
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.with(|core| {
            let connection = core.tcp.get_mut(self.key)?;
            let Some(outcome) = connection.write(bufs) else {
                connection.writer = Some(cx.waker().clone());
                return Poll::Pending;
            };
            core.settle(self.key);
            Poll::Ready(outcome)
        })
    }

    fn poll_shutdown(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.with(|core| {
            let outcome = core.tcp.get_mut(self.key)?.finish();
            core.settle(self.key);
            Poll::Ready(outcome)
        })
    }
}

impl Drop for VirtualStream {
    fn drop(&mut self) {
        self.shared.with(|core| {
            // After a crash there is nothing left to close.
            if let Ok(connection) = core.tcp.get_mut(self.key) {
                connection.abandon();
                core.settle(self.key);
            }
        });
    }
}

impl fmt::Debug for VirtualTcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualTcp")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VirtualListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualListener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VirtualStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualStream")
            .field("local", &self.local)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}
