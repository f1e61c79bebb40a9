//! TCP sockets, as drivers see them.

use std::{
    fmt, io,
    io::IoSlice,
    net::SocketAddr,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;

/// Opens TCP connections and listeners.
pub trait TcpNetwork: fmt::Debug + Send + Sync + 'static {
    /// Connects to `remote`; dropping the future gives up and leaves nothing behind.
    fn connect(
        &self,
        remote: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<Box<dyn TcpStream>>>;

    /// Listens on `address`; port 0 picks a free one. An IPv6 listener is IPv6 only.
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
    /// An error of one connection or of the process (out of descriptors); the listener remains usable.
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

    /// Reads into `buf`; 0 bytes mean that the peer will send no more.
    ///
    /// # Errors
    ///
    /// The connection is over.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

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

/// How a TCP socket is made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TcpOptions {
    /// The local address to connect from, shared with a listener (port reuse, which hole punching needs).
    pub local: Option<SocketAddr>,
}
