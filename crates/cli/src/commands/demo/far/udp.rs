//! UDP from far away.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use sinew::Runtime;
use sinew_runtime::{BufferSizes, ReceivedMeta, UdpNetwork, UdpOptions, UdpSocket, UdpTransmit};

use super::Delayed;

/// Delays what sockets receive.
#[derive(Debug)]
pub(in super::super) struct FarUdp {
    pub(in super::super) near: Arc<dyn UdpNetwork>,
    pub(in super::super) runtime: Runtime,
    pub(in super::super) delay: Duration,
}

#[derive(Debug)]
struct Socket {
    near: Arc<dyn UdpSocket>,
    delayed: Mutex<Delayed<Received>>,
}

type Received = (ReceivedMeta, Vec<u8>);

impl UdpNetwork for FarUdp {
    fn bind(&self, address: SocketAddr, options: UdpOptions) -> io::Result<Arc<dyn UdpSocket>> {
        Ok(Arc::new(Socket {
            near: self.near.bind(address, options)?,
            delayed: Mutex::new(Delayed::new(&self.runtime, self.delay)),
        }))
    }
}

impl Socket {
    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Delayed<Received>> {
        self.delayed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what has arrived.
    fn take(&self, delayed: &mut Delayed<Received>) -> io::Result<()> {
        let mut buffer = vec![0; LARGEST];
        while !delayed.is_full() {
            let mut meta = [ReceivedMeta::EMPTY];
            let received = self
                .near
                .try_recv(&mut [IoSliceMut::new(&mut buffer)], &mut meta);
            let [meta] = meta;
            match received {
                Ok(0) => {}
                Ok(_) => delayed.push((meta, buffer.iter().take(meta.len).copied().collect())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl UdpSocket for Socket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.near.local_addr()
    }

    fn try_recv(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [ReceivedMeta],
    ) -> io::Result<usize> {
        let mut delayed = self.lock();
        self.take(&mut delayed)?;
        let mut filled = 0;
        for (buffer, meta) in buffers.iter_mut().zip(metas) {
            let Some((received, contents)) = delayed.pop() else {
                break;
            };
            // What does not fit is lost, as everywhere.
            *meta = ReceivedMeta { len: 0, ..received };
            if let Some(place) = buffer.get_mut(..contents.len()) {
                place.copy_from_slice(&contents);
                *meta = received;
            }
            filled += 1;
        }
        if filled == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(filled)
    }

    fn try_send(&self, transmit: &UdpTransmit<'_>) -> io::Result<()> {
        self.near.try_send(transmit)
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut delayed = self.lock();
        while !delayed.is_full() && self.near.poll_readable(cx)?.is_ready() {
            self.take(&mut delayed)?;
        }
        ready!(delayed.poll_due(cx));
        Poll::Ready(Ok(()))
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.near.poll_writable(cx)
    }

    fn max_send_segments(&self) -> usize {
        self.near.max_send_segments()
    }

    fn max_recv_segments(&self) -> usize {
        self.near.max_recv_segments()
    }

    fn may_fragment(&self) -> bool {
        self.near.may_fragment()
    }

    fn buffer_sizes(&self) -> BufferSizes {
        self.near.buffer_sizes()
    }
}

/// As much as one receive can yield.
const LARGEST: usize = 64 << 10;
