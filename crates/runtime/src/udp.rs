//! UDP sockets, as drivers see them.

use std::{
    fmt,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
};

pub use sinew_sans_io::Ecn;

/// Opens UDP sockets.
pub trait UdpNetwork: fmt::Debug + Send + Sync + 'static {
    /// Binds a socket to `address`; port 0 picks a free one.
    ///
    /// An IPv6 socket is IPv6 only, so that both families can share a port.
    ///
    /// # Errors
    ///
    /// What the operating system says, with the address in the message.
    fn bind(&self, address: SocketAddr, options: UdpOptions) -> io::Result<Arc<dyn UdpSocket>>;

    /// Returns whether datagrams of `bytes` are known to pass between two sockets of this machine over loopback,
    /// in one piece. False if that is not known.
    fn carries_over_loopback(&self, bytes: u16) -> bool {
        let _ = bytes;
        false
    }
}

/// A bound socket that moves batches of datagrams without waiting.
pub trait UdpSocket: fmt::Debug + Send + Sync + 'static {
    /// Returns the bound address.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Fills buffers and metas pairwise from the front and returns how many were filled.
    ///
    /// One buffer may hold several datagrams of one sender ([`ReceivedMeta::stride`]). A datagram that
    /// does not fit is dropped, so a buffer should be longer than what is expected in it; when nothing
    /// else was in its buffer, that counts as filled with 0 bytes.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when nothing is there; [`poll_readable`](Self::poll_readable) then waits. After any
    /// other error the socket remains usable.
    fn try_recv(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [ReceivedMeta],
    ) -> io::Result<usize>;

    /// Sends one transmit: a datagram, or several of one size to one receiver.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when the socket is full and nothing was sent; [`poll_writable`](Self::poll_writable)
    /// then waits. Any other error means that the datagram is lost, as datagrams may be (one that
    /// exceeds the MTU, for example); the socket remains usable.
    fn try_send(&self, transmit: &UdpTransmit<'_>) -> io::Result<()>;

    /// Waits until a receive can succeed. Only the last task that asked is woken.
    ///
    /// # Errors
    ///
    /// The socket is unusable, for example because its runtime shut down.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits until a send can succeed. Only the last task that asked is woken.
    ///
    /// # Errors
    ///
    /// The socket is unusable, for example because its runtime shut down.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns how many datagrams one transmit may carry at present; it may shrink to 1 when the
    /// operating system turns out not to support segmentation offload.
    fn max_send_segments(&self) -> usize;

    /// Returns how many datagrams one received buffer may hold; buffers should have room for as many.
    fn max_recv_segments(&self) -> usize;

    /// Returns whether the network layer may split datagrams, so that probing for a larger MTU would
    /// find one that is not there.
    fn may_fragment(&self) -> bool {
        false
    }

    /// Returns the kernel buffers that were asked for and granted.
    fn buffer_sizes(&self) -> BufferSizes;
}

/// How a socket is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UdpOptions {
    /// Kernel receive buffer to ask for, in bytes. 4 MiB: a burst of handshakes or of a fast sender fits.
    pub receive_buffer_bytes: usize,
    /// Kernel send buffer to ask for, in bytes. 4 MiB, as above.
    pub send_buffer_bytes: usize,
}

/// Kernel buffers of a socket, in bytes; the operating system may grant less than was asked for.
///
/// Granted is in the unit of asking. Linux shows twice as much elsewhere (`ss`, `getsockopt`), as it
/// charges its own bookkeeping to the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BufferSizes {
    /// Receive buffer asked for.
    pub receive_asked: usize,
    /// Receive buffer granted.
    pub receive_granted: usize,
    /// Send buffer asked for.
    pub send_asked: usize,
    /// Send buffer granted.
    pub send_granted: usize,
}

/// What is known of one received buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedMeta {
    /// Who sent it.
    pub remote: SocketAddr,
    /// The local address it was sent to, where the platform says so.
    pub local_ip: Option<IpAddr>,
    /// Its congestion mark.
    pub ecn: Option<Ecn>,
    /// Bytes in the buffer.
    pub len: usize,
    /// Bytes of each datagram in the buffer, at least 1; the last may be shorter.
    pub stride: usize,
}

/// What one send carries.
#[derive(Clone, Copy, Debug)]
pub struct UdpTransmit<'a> {
    /// Who gets it.
    pub remote: SocketAddr,
    /// The local address to send from, if it matters.
    pub local_ip: Option<IpAddr>,
    /// Its congestion mark.
    pub ecn: Option<Ecn>,
    /// The bytes of all its datagrams.
    pub contents: &'a [u8],
    /// The length of every datagram but the last, when there are several.
    pub segment_len: Option<usize>,
}

impl BufferSizes {
    /// States what was asked for and what was granted.
    pub fn new(receive: (usize, usize), send: (usize, usize)) -> Self {
        Self {
            receive_asked: receive.0,
            receive_granted: receive.1,
            send_asked: send.0,
            send_granted: send.1,
        }
    }
}

impl Default for UdpOptions {
    fn default() -> Self {
        Self {
            receive_buffer_bytes: 4 << 20,
            send_buffer_bytes: 4 << 20,
        }
    }
}

impl ReceivedMeta {
    /// A placeholder to hand to [`UdpSocket::try_recv`].
    pub const EMPTY: Self = Self {
        remote: SocketAddr::V4(std::net::SocketAddrV4::new(
            std::net::Ipv4Addr::UNSPECIFIED,
            0,
        )),
        local_ip: None,
        ecn: None,
        len: 0,
        stride: 0,
    };
}
