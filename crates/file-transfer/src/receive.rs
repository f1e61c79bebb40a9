//! One file on its way in.
//!
//! ```text
//! AwaitingOffer ──► Looking ──► AwaitingContent ──► Verifying ──► done
//!                      │ there already, refused         │ refused
//!                      └──────────────► done ◄──────────┘
//! ```

use std::{
    future::poll_fn,
    pin::pin,
    task::{Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use sinew_runtime::Timer;
use sinew_transport::Stream;
use tokio::task::JoinHandle;

use crate::{
    Event, ReceiveError, Received, Refusal, SafeName, TransferId, Violation,
    disk::blocking,
    message::{self, Offer, Reply},
    partial::{Completed, Found, Partial},
    receiver::Shared,
    sender::WAIT_INTERVAL,
};

/// The receiver's part of one conversation, up to the last reply.
pub(crate) struct Reception<'a> {
    shared: &'a Shared,
    id: TransferId,
    /// What the peer calls the file, once it said so.
    pub(crate) offered_name: Option<String>,
}

impl<'a> Reception<'a> {
    pub(crate) fn new(shared: &'a Shared, id: TransferId) -> Self {
        Self {
            shared,
            id,
            offered_name: None,
        }
    }

    pub(crate) async fn run(&mut self, stream: &mut Stream) -> Result<Received, ReceiveError> {
        let shared = self.shared;
        let offer: Offer = shared.in_time(message::read_message(stream)).await??;
        self.offered_name = Some(offer.name.clone());
        let size = offer.size;
        let hash = offer.sha256.as_ref().try_into().map_err(|_| {
            ReceiveError::Violation(Violation::HashLength {
                len: offer.sha256.len(),
            })
        })?;
        let name = SafeName::parse(&offer.name, &shared.config.names)
            .map_err(|_| ReceiveError::Refused(Refusal::UnsafeName))?;
        if size > shared.config.max_file_bytes {
            return Err(ReceiveError::Refused(Refusal::TooLarge));
        }
        if shared.is_overloaded() {
            return Err(ReceiveError::Refused(Refusal::Busy));
        }
        let Some(claim) = shared.claims.claim(hash) else {
            return Err(ReceiveError::Refused(Refusal::InProgress));
        };

        let look = blocking({
            let (folder, allowance) = (shared.folder.clone(), shared.allowance.clone());
            let (name, max_partials) = (name.clone(), shared.config.max_partial_files);
            move || Partial::find(folder, claim, &allowance, &name, size, max_partials)
        });
        let partial = match self.keep_waiting(stream, look).await? {
            Ok(Found::Wanted(partial)) => partial,
            Ok(Found::Have(path)) => {
                return Ok(Received {
                    path,
                    name,
                    size,
                    resumed_from: 0,
                    was_there: true,
                });
            }
            Ok(Found::Refused(refusal)) => return Err(ReceiveError::Refused(refusal)),
            Err(error) => return Err(ReceiveError::Disk(error)),
        };

        let offset = partial.len();
        let accepted = Reply::Accepted { offset };
        shared.in_time(accepted.write(stream)).await??;
        shared.emit(Event::Started {
            id: self.id,
            peer: stream.peer(),
            name: name.clone(),
            size,
            offset,
        });
        let partial = self.read_content(stream, partial, size).await?;

        let verify = blocking({
            let name = name.clone();
            move || partial.complete(&name)
        });
        let (path, was_there) = match self.keep_waiting(stream, verify).await? {
            Ok(Completed::Placed(path)) => (path, false),
            Ok(Completed::Have(path)) => (path, true),
            Ok(Completed::Refused(refusal)) => return Err(ReceiveError::Refused(refusal)),
            Err(error) => return Err(ReceiveError::Disk(error)),
        };
        Ok(Received {
            path,
            name,
            size,
            resumed_from: offset,
            was_there,
        })
    }

    /// Writes what comes to the disk, one batch while the next is read.
    async fn read_content(
        &self,
        stream: &mut Stream,
        partial: Box<Partial>,
        size: u64,
    ) -> Result<Box<Partial>, ReceiveError> {
        let mut received = partial.len();
        let mut writer = Writer::Idle(partial);
        let mut batch = Batch::default();
        let mut timer = self.shared.runtime.clock().timer();
        let mut end = None;
        while end.is_none() {
            end = self.fill(stream, &mut timer, &mut batch).await;
            received += batch.bytes as u64;
            if received > size {
                return Err(ReceiveError::Violation(Violation::TooMuchContent));
            }
            if batch.chunks.is_empty() {
                continue;
            }
            // Whatever ended it, what came is worth keeping.
            writer = writer.write(batch.take()).await?;
            self.shared.emit(Event::Progressed {
                id: self.id,
                received,
                size,
            });
        }
        let partial = writer.finish().await?;
        match end {
            Some(Err(error)) => Err(error),
            _ if received < size => Err(ReceiveError::Refused(Refusal::Truncated)),
            _ => Ok(partial),
        }
    }

    /// Reads until the batch is full, or has waited long enough to be worth writing, or the content ends:
    /// then it returns how.
    async fn fill(
        &self,
        stream: &mut Stream,
        timer: &mut Box<dyn Timer>,
        batch: &mut Batch,
    ) -> Option<Result<(), ReceiveError>> {
        let runtime = &self.shared.runtime;
        let after = self.shared.config.stall_timeout;
        timer.set(runtime.now().checked_add(after));
        poll_fn(|cx| {
            loop {
                match stream.poll_read_bytes(cx) {
                    Poll::Ready(Ok(Some(chunk))) => {
                        if batch.chunks.is_empty() {
                            timer.set(runtime.now().checked_add(FLUSH_INTERVAL.min(after)));
                        }
                        batch.push(chunk);
                        if batch.is_full() {
                            return Poll::Ready(None);
                        }
                    }
                    Poll::Ready(Ok(None)) => return Poll::Ready(Some(Ok(()))),
                    Poll::Ready(Err(error)) => {
                        return Poll::Ready(Some(Err(ReceiveError::Read(error))));
                    }
                    Poll::Pending => break,
                }
            }
            ready!(timer.poll_expired(cx));
            Poll::Ready(if batch.chunks.is_empty() {
                Some(Err(ReceiveError::Stalled { after }))
            } else {
                None
            })
        })
        .await
    }

    /// Tells the sender to wait, again and again, until `work` on the disk is done.
    async fn keep_waiting<T>(
        &self,
        stream: &mut Stream,
        work: impl Future<Output = T>,
    ) -> Result<T, ReceiveError> {
        let mut work = pin!(work);
        loop {
            let limited = self.shared.runtime.timeout(WAIT_INTERVAL, work.as_mut());
            match limited.await {
                Ok(done) => return Ok(done),
                Err(_) => self.shared.in_time(Reply::Wait.write(stream)).await??,
            }
        }
    }
}

/// The partial file, at rest or being written to.
enum Writer {
    Idle(Box<Partial>),
    Busy(JoinHandle<std::io::Result<Box<Partial>>>),
}

impl Writer {
    /// Starts to write `batch` once the last one is written.
    async fn write(self, batch: Vec<Bytes>) -> Result<Self, ReceiveError> {
        let mut partial = self.finish().await?;
        Ok(Self::Busy(tokio::task::spawn_blocking(move || {
            partial.append(&batch)?;
            Ok(partial)
        })))
    }

    async fn finish(self) -> Result<Box<Partial>, ReceiveError> {
        match self {
            Self::Idle(partial) => Ok(partial),
            Self::Busy(writing) => writing
                .await
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(ReceiveError::Disk),
        }
    }
}

/// Chunks on their way to the disk.
#[derive(Default)]
struct Batch {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    fn is_full(&self) -> bool {
        self.bytes >= MAX_BATCH_BYTES || self.chunks.len() >= MAX_BATCH_CHUNKS
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.chunks)
    }
}

/// What came is written and reported this often, however slowly it comes.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);

/// Large enough that a hand-over to another thread does not count.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// A chunk may hold on to the datagram it came in, so their number is bounded too.
const MAX_BATCH_CHUNKS: usize = 1_024;

#[cfg(test)]
mod tests;
