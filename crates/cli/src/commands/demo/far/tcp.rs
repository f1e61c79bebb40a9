//! TCP to far away.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use futures_util::future::BoxFuture;
use sinew::Runtime;
use sinew_runtime::{TcpListener, TcpNetwork, TcpOptions, TcpStream};

use super::Delayed;

/// Delays the answer to a dial, and what dialed connections receive.
#[derive(Debug)]
pub(in super::super) struct FarTcp {
    pub(in super::super) near: Arc<dyn TcpNetwork>,
    pub(in super::super) runtime: Runtime,
    pub(in super::super) delay: Duration,
}

#[derive(Debug)]
struct Stream {
    near: Box<dyn TcpStream>,
    /// Nothing stands for the end.
    delayed: Delayed<io::Result<Bytes>>,
    /// No more comes.
    is_over: bool,
}

impl TcpNetwork for FarTcp {
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>> {
        let connecting = self.near.connect(remote, options);
        let (runtime, delay) = (self.runtime.clone(), self.delay);
        Box::pin(async move {
            let connected = connecting.await;
            runtime.sleep(delay).await;
            Ok(Box::new(Stream {
                near: connected?,
                delayed: Delayed::new(&runtime, delay),
                is_over: false,
            }) as Box<dyn TcpStream>)
        })
    }

    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>> {
        self.near.listen(address, options)
    }
}

impl Stream {
    /// Takes in what has arrived.
    fn take(&mut self, cx: &mut Context<'_>) {
        let mut buffer = [0; READ];
        while !self.is_over && !self.delayed.is_full() {
            let Poll::Ready(read) = self.near.poll_read(cx, &mut buffer) else {
                return;
            };
            self.is_over = !matches!(read, Ok(1..));
            let read = read.map(|len| buffer.iter().take(len).copied().collect());
            self.delayed.push(read);
        }
    }
}

impl TcpStream for Stream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.near.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.near.peer_addr()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.take(cx);
        let mut arrived = loop {
            if let Some(arrived) = self.delayed.pop() {
                break arrived?;
            }
            ready!(self.delayed.poll_due(cx));
        };
        if arrived.is_empty() {
            // It stays the end, however often one asks.
            self.delayed.unpop(Ok(arrived));
            return Poll::Ready(Ok(0));
        }
        let len = arrived.len().min(buf.len());
        let (place, _) = buf.split_at_mut(len);
        arrived.copy_to_slice(place);
        if !arrived.is_empty() {
            self.delayed.unpop(Ok(arrived));
        }
        Poll::Ready(Ok(len))
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.near.poll_write_vectored(cx, bufs)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.near.poll_shutdown(cx)
    }
}

/// How much is taken in at a time.
const READ: usize = 16 << 10;
