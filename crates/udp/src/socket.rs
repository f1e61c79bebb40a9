//! One bound socket.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use sinew_runtime::{BufferSizes, ReceivedMeta, UdpOptions, UdpSocket, UdpTransmit};
use tokio::io::Interest;

use crate::{
    BATCH_SIZE, convert,
    segmentation::{Kernel, Segmentation},
};

/// A socket that is registered with the runtime it was bound on.
#[derive(Debug)]
pub(crate) struct OsSocket {
    socket: tokio::net::UdpSocket,
    receiver: UdpSocketState,
    /// Apart from `receiver` because `quinn-udp` gives up ECN and offload for good after some errors,
    /// and a stale source address is one of them; a fresh state takes them up again.
    sender: Mutex<UdpSocketState>,
    segmentation: Segmentation,
    buffer_sizes: BufferSizes,
}

impl OsSocket {
    /// Takes a bound, nonblocking socket.
    pub(crate) fn new(socket: socket2::Socket, options: &UdpOptions) -> io::Result<Self> {
        let asked = (options.receive_buffer_bytes, options.send_buffer_bytes);
        ask_for(asked.0, |bytes| socket.set_recv_buffer_size(bytes));
        ask_for(asked.1, |bytes| socket.set_send_buffer_size(bytes));
        let state = UdpSocketState::new((&socket).into())?;
        let granted = (
            granted(socket.recv_buffer_size()?),
            granted(socket.send_buffer_size()?),
        );
        Ok(Self {
            receiver: UdpSocketState::new((&socket).into())?,
            segmentation: Segmentation::new(state.max_gso_segments()),
            sender: Mutex::new(state),
            buffer_sizes: BufferSizes::new((asked.0, granted.0), (asked.1, granted.1)),
            socket: tokio::net::UdpSocket::from_std(socket.into())?,
        })
    }
}

impl UdpSocket for OsSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn try_recv(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [ReceivedMeta],
    ) -> io::Result<usize> {
        let mut raw = [RecvMeta::default(); BATCH_SIZE];
        let room = buffers.len().min(metas.len()).min(BATCH_SIZE);
        let (Some(free), Some(raw)) = (buffers.get_mut(..room), raw.get_mut(..room)) else {
            return Ok(0);
        };
        if free.is_empty() {
            return Ok(0);
        }
        let mut passed_over = 0;
        let filled = loop {
            let received = self.socket.try_io(Interest::READABLE, || {
                self.receiver
                    .recv(UdpSockRef::from(&self.socket), free, raw)
            });
            match received {
                Ok(filled) => break filled,
                Err(error) if is_about_one_datagram(&error) && passed_over < MAX_PASSED_OVER => {
                    passed_over += 1;
                }
                Err(error) => return Err(error),
            }
        };
        for ((meta, raw), buffer) in metas
            .iter_mut()
            .zip(raw.iter())
            .zip(free.iter())
            .take(filled)
        {
            *meta = convert::received(raw, buffer.len());
        }
        Ok(filled)
    }

    fn try_send(&self, transmit: &UdpTransmit<'_>) -> io::Result<()> {
        if transmit.remote.port() == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "nothing can be sent to port 0",
            ));
        }
        let transmit = Transmit {
            destination: transmit.remote,
            ecn: transmit.ecn.map(convert::ecn_to_wire),
            contents: transmit.contents,
            segment_size: transmit.segment_len,
            src_ip: transmit.local_ip,
        };
        self.socket.try_io(Interest::WRITABLE, || {
            let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
            let mut kernel = SystemCall {
                socket: &self.socket,
                state: &mut sender,
            };
            self.segmentation.send(&transmit, &mut kernel)
        })
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_recv_ready(cx)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_send_ready(cx)
    }

    fn max_send_segments(&self) -> usize {
        self.segmentation.max_segments()
    }

    fn max_recv_segments(&self) -> usize {
        self.receiver.gro_segments()
    }

    fn may_fragment(&self) -> bool {
        self.receiver.may_fragment()
    }

    fn buffer_sizes(&self) -> BufferSizes {
        self.buffer_sizes
    }
}

struct SystemCall<'a> {
    socket: &'a tokio::net::UdpSocket,
    state: &'a mut UdpSocketState,
}

impl Kernel for SystemCall<'_> {
    fn send(&mut self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.state.try_send(self.socket.into(), transmit)
    }

    fn forget_failures(&mut self) {
        // The options it sets are set already, so this fails only on a socket that is broken anyway.
        if let Ok(fresh) = UdpSocketState::new(self.socket.into()) {
            *self.state = fresh;
        }
    }
}

/// Asks for a buffer of `bytes`, and for half as much again and again where a system refuses the wish
/// (macOS, the BSDs) instead of granting what it can (Linux, Windows).
fn ask_for(bytes: usize, set: impl Fn(usize) -> io::Result<()>) {
    let mut wish = bytes;
    while wish >= MIN_BUFFER_BYTES && set(wish).is_err() {
        wish /= 2;
    }
}

/// Linux reports twice what it grants, for its own bookkeeping.
fn granted(reported: usize) -> usize {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        reported / 2
    } else {
        reported
    }
}

/// ICMP's answer to an earlier send, or a datagram longer than its buffer (Windows).
fn is_about_one_datagram(error: &io::Error) -> bool {
    const WSAENETRESET: i32 = 10_052;
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    ) || quinn_udp::is_msg_size_err(error)
        || cfg!(windows) && error.raw_os_error() == Some(WSAENETRESET)
}

/// Bounds the work of one call while such errors arrive in a flood.
const MAX_PASSED_OVER: usize = 64;

/// What any system grants.
const MIN_BUFFER_BYTES: usize = 64 << 10;
