//! TCP and a cipher: each stream is a TCP connection of its own.

use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::seal::{Seal, Suite, TAG};
use crate::{Settings, system, work};

pub(crate) struct Tcp<S> {
    server: SocketAddr,
    suite: PhantomData<S>,
}

pub(crate) struct Connection<S> {
    server: SocketAddr,
    suite: PhantomData<S>,
}

/// Records with their length before them, two bytes.
pub(crate) struct Stream<S> {
    socket: TcpStream,
    sealing: Seal,
    opening: Seal,
    /// What is about to be sent, in one write.
    outgoing: Vec<u8>,
    /// What was received: records, the last of which may not be complete.
    incoming: Vec<u8>,
    /// The part of `incoming` that is opened and not read.
    opened: std::ops::Range<usize>,
    /// Where in `incoming` the next record begins, and where what was received ends.
    next: usize,
    end: usize,
    suite: PhantomData<S>,
}

impl<S: Suite> system::System for Tcp<S> {
    type Connection = Connection<S>;

    async fn serve(settings: Settings) -> Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(
                    async move { work::serve(Stream::<S>::new(socket)?, settings.api).await },
                );
            }
        });
        Ok(address.to_string())
    }

    async fn client(server: &str, _: Settings) -> Result<Self> {
        Ok(Self {
            server: server.parse()?,
            suite: PhantomData,
        })
    }

    async fn connect(&self) -> Result<Connection<S>> {
        Ok(Connection {
            server: self.server,
            suite: PhantomData,
        })
    }
}

impl<S> Clone for Connection<S> {
    fn clone(&self) -> Self {
        Self {
            server: self.server,
            suite: PhantomData,
        }
    }
}

impl<S: Suite> system::Connection for Connection<S> {
    type Stream = Stream<S>;

    async fn open(&self) -> Result<Stream<S>> {
        Stream::new(TcpStream::connect(self.server).await?)
    }

    async fn close(self) {}
}

impl<S: Suite> Stream<S> {
    fn new(socket: TcpStream) -> Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            sealing: Seal::new::<S>()?,
            opening: Seal::new::<S>()?,
            outgoing: Vec::new(),
            incoming: vec![0; 4 * 64 * 1024],
            opened: 0..0,
            next: 0,
            end: 0,
            suite: PhantomData,
        })
    }

    /// Returns the next record's place, if it is here.
    fn record(&self) -> Option<std::ops::Range<usize>> {
        let header = self.incoming[self.next..self.end].first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes(*header));
        let start = self.next + HEADER;
        (start + length <= self.end).then_some(start..start + length)
    }

    /// Receives more. Returns whether there was any.
    async fn receive(&mut self) -> Result<bool> {
        if self.incoming.len() - self.end <= HEADER + usize::from(u16::MAX) {
            self.incoming.copy_within(self.next..self.end, 0);
            self.end -= self.next;
            self.next = 0;
        }
        let received = self.socket.read(&mut self.incoming[self.end..]).await?;
        if received == 0 && self.next < self.end {
            bail!("the connection ended in the middle of a record");
        }
        self.end += received;
        Ok(received > 0)
    }
}

impl<S: Suite> system::Stream for Stream<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        while self.opened.is_empty() {
            let Some(record) = self.record() else {
                if self.receive().await? {
                    continue;
                }
                return Ok(0);
            };
            self.next = record.end;
            let plaintext = self.opening.open(&mut self.incoming[record.clone()])?;
            self.opened = record.start..record.start + plaintext.len();
        }
        let count = buf.len().min(self.opened.len());
        let from = self.opened.start;
        buf[..count].copy_from_slice(&self.incoming[from..from + count]);
        self.opened.start += count;
        Ok(count)
    }

    async fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.outgoing.clear();
        for plaintext in bytes.chunks(S::RECORD) {
            let length = u16::try_from(plaintext.len() + TAG)?;
            self.outgoing.extend_from_slice(&length.to_be_bytes());
            let start = self.outgoing.len();
            self.outgoing.extend_from_slice(plaintext);
            self.outgoing.extend_from_slice(&[0; TAG]);
            self.sealing.seal(&mut self.outgoing[start..])?;
        }
        Ok(self.socket.write_all(&self.outgoing).await?)
    }

    async fn finish(&mut self) -> Result<()> {
        Ok(self.socket.shutdown().await?)
    }
}

/// A record's length.
const HEADER: usize = 2;
