//! UDP in bursts (GSO and GRO) and AES-128-GCM: datagrams as large as QUIC's on Ethernet, one stream at a time.
//!
//! Nothing is sent again: the receiver tells how much it took, and the sender has no more on the way than the
//! receiver's socket holds.

use std::io::IoSliceMut;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::seal::{Aes, Seal, TAG};
use crate::{Settings, system, work};

pub(crate) struct Udp {
    server: SocketAddr,
}

#[derive(Clone)]
pub(crate) struct Connection(SocketAddr);

pub(crate) struct Stream {
    socket: UdpSocket,
    state: Arc<UdpSocketState>,
    peer: SocketAddr,
    sealing: Seal,
    opening: Seal,
    /// The payload of a datagram that is not full.
    partial: Vec<u8>,
    /// Datagrams that are sealed and not sent.
    outgoing: Vec<u8>,
    /// Bytes on the way that the peer has not taken.
    unconfirmed: usize,
    /// Bytes taken that the peer was not told of.
    taken: usize,
    /// As many bytes may be on the way.
    window: usize,
    buffers: Vec<Vec<u8>>,
    /// What was opened and not read.
    plaintext: Vec<u8>,
    read: usize,
    has_ended: bool,
}

impl system::System for Udp {
    type Connection = Connection;

    async fn serve(settings: Settings) -> Result<String> {
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            let mut hello = [0; 1];
            while let Ok((_, peer)) = listener.recv_from(&mut hello).await {
                tokio::spawn(async move {
                    let mut stream = Stream::new(peer).await?;
                    // So that the peer learns this socket's address.
                    stream.socket.send_to(&hello, peer).await?;
                    stream.window()?;
                    work::serve(stream, settings.api).await
                });
            }
        });
        Ok(address.to_string())
    }

    async fn client(server: &str, _: Settings) -> Result<Self> {
        Ok(Self {
            server: server.parse()?,
        })
    }

    async fn connect(&self) -> Result<Connection> {
        Ok(Connection(self.server))
    }
}

impl system::Connection for Connection {
    type Stream = Stream;

    async fn open(&self) -> Result<Stream> {
        let mut stream = Stream::new(self.0).await?;
        let hello = [0];
        stream.socket.send_to(&hello, self.0).await?;
        let (_, peer) = stream.socket.recv_from(&mut [0; 1]).await?;
        stream.peer = peer;
        stream.window()?;
        Ok(stream)
    }

    async fn close(self) {}
}

impl Stream {
    async fn new(peer: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let asked = SockRef::from(&socket);
        asked.set_recv_buffer_size(BUFFER)?;
        asked.set_send_buffer_size(BUFFER)?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Self {
            socket,
            state: Arc::new(state),
            peer,
            sealing: Seal::new::<Aes>()?,
            opening: Seal::new::<Aes>()?,
            partial: Vec::with_capacity(PAYLOAD),
            outgoing: Vec::with_capacity(BURST * DATAGRAM),
            unconfirmed: 0,
            taken: 0,
            window: 0,
            buffers: vec![vec![0; 65_536]; BATCH_SIZE],
            plaintext: Vec::new(),
            read: 0,
            has_ended: false,
        })
    }

    /// Sets the window to a part of the buffer that was granted: the kernel counts more than the payload.
    fn window(&mut self) -> Result<()> {
        let granted = SockRef::from(&self.socket).recv_buffer_size()?;
        self.window = granted / 4;
        Ok(())
    }

    /// Adds a sealed datagram, and sends the burst when it is full.
    async fn push(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        let start = self.outgoing.len();
        self.outgoing.push(kind);
        self.outgoing.extend_from_slice(payload);
        self.outgoing.extend_from_slice(&[0; TAG]);
        self.sealing.seal(&mut self.outgoing[start..])?;
        let is_full = self.outgoing.len() >= BURST * DATAGRAM;
        // Only the last datagram of a burst may be shorter.
        if is_full || payload.len() < PAYLOAD {
            self.flush().await?;
        }
        Ok(())
    }

    async fn push_partial(&mut self) -> Result<()> {
        while self.unconfirmed > self.window {
            if !self.outgoing.is_empty() {
                self.flush().await?;
            }
            self.receive().await?;
        }
        let mut payload = std::mem::take(&mut self.partial);
        self.unconfirmed += payload.len();
        self.push(kind::DATA, &payload).await?;
        payload.clear();
        self.partial = payload;
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let outgoing = std::mem::take(&mut self.outgoing);
        let transmit = Transmit {
            destination: self.peer,
            ecn: None,
            contents: &outgoing,
            segment_size: (outgoing.len() > DATAGRAM).then_some(DATAGRAM),
            src_ip: None,
        };
        let send = || {
            self.state
                .try_send(UdpSockRef::from(&self.socket), &transmit)
        };
        self.socket.async_io(Interest::WRITABLE, send).await?;
        self.outgoing = outgoing;
        self.outgoing.clear();
        Ok(())
    }

    /// Receives and opens a batch.
    async fn receive(&mut self) -> Result<()> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut buffers: Vec<_> = self
            .buffers
            .iter_mut()
            .map(|buffer| IoSliceMut::new(buffer))
            .collect();
        let receive = || {
            self.state
                .recv(UdpSockRef::from(&self.socket), &mut buffers, &mut metas)
        };
        let count = self.socket.async_io(Interest::READABLE, receive).await?;
        if self.read == self.plaintext.len() {
            self.plaintext.clear();
            self.read = 0;
        }
        for (meta, buffer) in metas[..count].iter().zip(&mut self.buffers) {
            for datagram in buffer[..meta.len].chunks_mut(meta.stride) {
                let (kind, payload) = self
                    .opening
                    .open(datagram)?
                    .split_first()
                    .context("empty")?;
                match *kind {
                    kind::DATA => {
                        self.plaintext.extend_from_slice(payload);
                        self.taken += payload.len();
                    }
                    kind::TAKEN => {
                        let taken = payload.first_chunk().context("too short")?;
                        self.unconfirmed -= u64::from_be_bytes(*taken) as usize;
                    }
                    kind::END => self.has_ended = true,
                    other => bail!("a datagram of kind {other}"),
                }
            }
        }
        if self.taken >= self.window / 4 {
            let taken = std::mem::take(&mut self.taken) as u64;
            self.push(kind::TAKEN, &taken.to_be_bytes()).await?;
        }
        Ok(())
    }
}

impl system::Stream for Stream {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        while self.read == self.plaintext.len() {
            if self.has_ended {
                return Ok(0);
            }
            self.receive().await?;
        }
        let unread = &self.plaintext[self.read..];
        let count = buf.len().min(unread.len());
        buf[..count].copy_from_slice(&unread[..count]);
        self.read += count;
        Ok(count)
    }

    async fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PAYLOAD - self.partial.len()));
            self.partial.extend_from_slice(now);
            bytes = later;
            if self.partial.len() == PAYLOAD {
                self.push_partial().await?;
            }
        }
        Ok(())
    }

    /// Sends what is left, too: before, a datagram waits until it is full.
    async fn finish(&mut self) -> Result<()> {
        self.push_partial().await?;
        self.push(kind::END, &[]).await
    }
}

/// What the first byte of a datagram says.
mod kind {
    pub(super) const DATA: u8 = 1;
    /// The bytes that were taken since the last one.
    pub(super) const TAKEN: u8 = 2;
    pub(super) const END: u8 = 3;
}

/// UDP payload, as QUIC has it on Ethernet.
const DATAGRAM: usize = 1452;

const PAYLOAD: usize = DATAGRAM - TAG - 1;

/// Datagrams in one call: what fits into 64 KiB.
const BURST: usize = 65_507 / DATAGRAM;

/// What is asked for.
const BUFFER: usize = 4 << 20;
