//! The sending side.

use std::{
    future::poll_fn,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};
use tokio::task::spawn_blocking;

use crate::{
    Outgoing, Refusal, Violation,
    message::{self, MessageError, Offer, Reply},
};

/// Sends files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    runtime: Runtime,
    config: SendConfig,
}

/// How files are sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SendConfig {
    /// How long a receiver may take nothing and say nothing. 30 s: a receiver that is busy with its disk
    /// says so every 10 s.
    pub stall_timeout: Duration,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes done; while sending, bytes that the receiver had already are included.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// What is being done to a file that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It is read to know its hash.
    Hashing,
    /// It is handed to the transport.
    Sending,
    /// All of it was handed over; the receiver verifies it.
    Verifying,
}

/// A file that the receiver has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The name it has there.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Bytes that the receiver had from an earlier attempt, and that were not sent.
    pub resumed_from: u64,
    /// Whether the receiver had the file already, so that nothing was sent.
    pub was_there: bool,
}

/// Why a file was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// It cannot be read, or is not a plain file.
    #[error("cannot read {}", path.display())]
    Source {
        /// Where it is.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It has no name, or one that is not Unicode.
    #[error("{} has no name that could be sent", path.display())]
    Unnamed {
        /// Where it is.
        path: PathBuf,
    },
    /// It changed since it was read first.
    #[error("{} changed while it was being sent", path.display())]
    SourceChanged {
        /// Where it is.
        path: PathBuf,
    },
    /// The receiver does not keep it.
    #[error("the receiver does not keep the file: {0}")]
    Refused(Refusal),
    /// The receiver broke the protocol.
    #[error("the receiver broke the protocol: {0}")]
    Violation(Violation),
    /// The receiver took and said nothing for too long.
    #[error("the receiver took and said nothing for {after:?}")]
    Stalled {
        /// The limit.
        after: Duration,
    },
    /// The receiver gave up, or the connection is over.
    #[error("the stream cannot be read")]
    Read(#[source] ReadError),
    /// The receiver went away.
    #[error("the stream cannot be written")]
    Write(#[source] WriteError),
}

/// Reads a file and sends it over a stream that speaks [`PROTOCOL`](crate::PROTOCOL).
///
/// # Errors
///
/// Why it was not sent.
pub async fn send_file(
    runtime: &Runtime,
    stream: Stream,
    path: impl AsRef<Path>,
    mut progress: impl FnMut(Progress),
) -> Result<Sent, SendError> {
    let outgoing = Outgoing::open(path, &mut progress).await?;
    Sender::new(runtime, SendConfig::default())
        .send(stream, &outgoing, progress)
        .await
}

impl Sender {
    /// Makes a sender.
    pub fn new(runtime: &Runtime, config: SendConfig) -> Self {
        Self {
            runtime: runtime.clone(),
            config,
        }
    }

    /// Sends a file over a stream that speaks [`PROTOCOL`](crate::PROTOCOL), and returns once the receiver
    /// has verified it and put it in its place.
    ///
    /// Dropping the future gives up; the receiver keeps what arrived for the next attempt.
    ///
    /// # Errors
    ///
    /// Why it was not sent.
    pub async fn send(
        &self,
        mut stream: Stream,
        outgoing: &Outgoing,
        mut progress: impl FnMut(Progress),
    ) -> Result<Sent, SendError> {
        let outcome = self.converse(&mut stream, outgoing, &mut progress).await;
        match &outcome {
            Err(SendError::Violation(_)) => stream.reset(StreamCode::PROTOCOL_VIOLATION),
            Err(SendError::Stalled { .. }) => stream.reset(StreamCode::GARBAGE_COLLECTED),
            // Dropping the stream resets it unless it is finished.
            Ok(_) | Err(_) => {}
        }
        outcome
    }

    async fn converse(
        &self,
        stream: &mut Stream,
        outgoing: &Outgoing,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Sent, SendError> {
        let size = outgoing.size();
        let mut sent = Sent {
            name: outgoing.name().to_owned(),
            size,
            sha256: *outgoing.sha256(),
            resumed_from: 0,
            was_there: false,
        };
        let offer = Offer {
            name: sent.name.clone(),
            size,
            sha256: Bytes::copy_from_slice(&sent.sha256),
        };
        self.in_time(message::write_message(stream, &offer))
            .await??;
        let offset = match self.reply(stream).await? {
            Reply::Accepted { offset } if offset <= size => offset,
            Reply::Accepted { offset } => {
                return Err(SendError::Violation(Violation::OffsetBehindEnd {
                    offset,
                    size,
                }));
            }
            Reply::Have => {
                sent.was_there = true;
                // The receiver may be gone already.
                stream.finish().ok();
                return Ok(sent);
            }
            Reply::Refused(refusal) => return Err(SendError::Refused(refusal)),
            Reply::Wait | Reply::Done => return Err(unexpected()),
        };
        sent.resumed_from = offset;
        match self.send_content(stream, outgoing, offset, progress).await {
            // The receiver may have said why before it went away.
            Err(error @ SendError::Write(_)) => {
                return Err(match self.reply(stream).await {
                    Ok(Reply::Refused(refusal)) => SendError::Refused(refusal),
                    _ => error,
                });
            }
            outcome => outcome?,
        }
        progress(Progress {
            phase: Phase::Verifying,
            done: size,
            total: size,
        });
        match self.reply(stream).await? {
            Reply::Done => Ok(sent),
            Reply::Have => {
                sent.was_there = true;
                Ok(sent)
            }
            Reply::Refused(Refusal::HashMismatch | Refusal::ResumedMismatch)
                if outgoing.has_changed().await =>
            {
                Err(outgoing.changed())
            }
            Reply::Refused(refusal) => Err(SendError::Refused(refusal)),
            Reply::Wait | Reply::Accepted { .. } => Err(unexpected()),
        }
    }

    /// Writes one chunk while the next is read from the disk.
    async fn send_content(
        &self,
        stream: &mut Stream,
        outgoing: &Outgoing,
        offset: u64,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), SendError> {
        let total = outgoing.size();
        let mut done = offset;
        let mut report = |done| {
            progress(Progress {
                phase: Phase::Sending,
                done,
                total,
            });
        };
        report(done);
        let content = outgoing.content(offset).await?;
        let mut reading = spawn_blocking(move || content.next());
        loop {
            let read = reading.await.map_err(io::Error::other).flatten();
            let (content, mut chunk) = read.map_err(|error| outgoing.unreadable(error))?;
            if chunk.is_empty() {
                break;
            }
            reading = spawn_blocking(move || content.next());
            while !chunk.is_empty() {
                let before = chunk.len();
                self.in_time(poll_fn(|cx| stream.poll_write_bytes(cx, &mut chunk)))
                    .await??;
                done += before.saturating_sub(chunk.len()) as u64;
                report(done);
            }
        }
        stream.finish()?;
        Ok(())
    }

    /// Reads the next reply that is not a request to wait.
    async fn reply(&self, stream: &mut Stream) -> Result<Reply, SendError> {
        loop {
            let reply = self.in_time(Reply::read(stream)).await??;
            if reply != Reply::Wait {
                return Ok(reply);
            }
        }
    }

    async fn in_time<F: Future>(&self, future: F) -> Result<F::Output, SendError> {
        let after = self.config.stall_timeout;
        self.runtime
            .timeout(after, future)
            .await
            .map_err(|_| SendError::Stalled { after })
    }
}

fn unexpected() -> SendError {
    SendError::Violation(Violation::UnexpectedReply)
}

impl SendError {
    /// Says whether sending the same file again may succeed without anyone changing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_temporary(),
            Self::Stalled { .. } | Self::Read(_) | Self::Write(_) | Self::SourceChanged { .. } => {
                true
            }
            Self::Source { .. } | Self::Unnamed { .. } | Self::Violation(_) => false,
        }
    }
}

impl Default for SendConfig {
    fn default() -> Self {
        Self {
            stall_timeout: Duration::from_secs(30),
        }
    }
}

impl From<MessageError> for SendError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Violation(violation) => Self::Violation(violation),
            MessageError::Read(error) => Self::Read(error),
        }
    }
}

impl From<WriteError> for SendError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

/// How often a receiver that is busy with its disk asks the sender to wait.
pub(crate) const WAIT_INTERVAL: Duration = Duration::from_secs(10);
