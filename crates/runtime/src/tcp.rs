//! TCP sockets, as drivers see them.

use std::{
    fmt, io,
    io::IoSlice,
    net::SocketAddr,
    task::{Context, Poll},
};

use bytes::BytesMut;
use futures_util::future::BoxFuture;

/// Opens TCP connections and listeners.
pub trait TcpNetwork: fmt::Debug + Send + Sync + 'static {
    /// Connects to `remote`; dropping the future gives up and leaves nothing behind.
    ///
    /// Fails with what the operating system says, unchanged, so that callers can tell refused from
    /// unreachable.
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>>;

    /// Listens on `address`; port 0 picks a free one. An IPv6 listener is IPv6 only.
    ///
    /// The port belongs to this listener alone, though connections may be dialed from it
    /// ([`TcpOptions::local`]).
    ///
    /// # Errors
    ///
    /// What the operating system says, with the address in the message.
    fn listen(&self, address: SocketAddr, options: TcpOptions) -> io::Result<Box<dyn TcpListener>>;
}

/// Accepts TCP connections.
pub trait TcpListener: fmt::Debug + Send + 'static {
    /// Returns the bound address.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Waits for a connection.
    ///
    /// # Errors
    ///
    /// An error of one connection or of the process (out of descriptors, which stays true for a while:
    /// wait before the next try); the listener remains usable.
    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn TcpStream>, SocketAddr)>>;
}

/// A TCP connection.
pub trait TcpStream: fmt::Debug + Send + 'static {
    /// Returns this end's address.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Returns the other end's address.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn peer_addr(&self) -> io::Result<SocketAddr>;

    /// Reads into `buf`, which must have room; 0 bytes mean that the peer will send no more.
    ///
    /// # Errors
    ///
    /// The connection is over.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Reads into the spare capacity of `buf`, which must have some, and makes it longer by what was read;
    /// 0 bytes mean that the peer will send no more.
    ///
    /// The same as [`poll_read`](Self::poll_read), for buffers that need not be cleared first.
    ///
    /// # Errors
    ///
    /// The connection is over.
    fn poll_read_into(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let start = buf.len();
        buf.resize(buf.capacity(), 0);
        let free = buf.get_mut(start..).unwrap_or_default();
        let read = self.poll_read(cx, free);
        let len = match &read {
            Poll::Ready(Ok(len)) => *len,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        buf.truncate(start.saturating_add(len));
        read
    }

    /// Writes from the front of `bufs` and returns how many bytes were taken.
    ///
    /// # Errors
    ///
    /// The connection is over.
    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Says that this side will send no more.
    ///
    /// # Errors
    ///
    /// The connection is over.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// How a TCP socket is made; those of a listener hold for what it accepts too.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TcpOptions {
    /// The local address to connect from, shared with a listener (port reuse, which hole punching
    /// needs). None. Unix only: elsewhere a listener's port cannot be shared, and connecting fails.
    pub local: Option<SocketAddr>,
    /// Bytes that may wait in the kernel unsent before the socket counts as full, where the platform
    /// has such a mark. 128 KiB: enough to keep a fast link busy, little enough that an urgent stream
    /// need not wait behind megabytes.
    pub not_sent_low_water: Option<u32>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            local: None,
            not_sent_low_water: Some(128 << 10),
        }
    }
}
