//! One stream of a run.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use sinew_runtime::{Runtime, Sleep};
use sinew_transport::{ReadError, Stream, StreamCode};

use crate::{Amount, Plan, Progress, RunError, Violation, block, pace::Pace, report::Measured};

/// One stream of a run.
pub(crate) struct Client {
    stream: Stream,
    runtime: Runtime,
    plan: Plan,
    progress: Progress,
    pace: Pace,
    uploaded: u64,
    downloaded: u64,
}

/// What came of waiting for the answer.
enum Came {
    Chunk(Bytes),
    End,
    TimeUp,
}

impl Client {
    pub(crate) fn new(stream: Stream, runtime: &Runtime, plan: Plan, progress: &Progress) -> Self {
        Self {
            stream,
            runtime: runtime.clone(),
            plan,
            progress: progress.clone(),
            pace: Pace::new(runtime, plan.stall_timeout),
            uploaded: 0,
            downloaded: 0,
        }
    }

    /// Waits until the peer has agreed to the protocol, which is not what is measured.
    ///
    /// It could be guessed that it will, and a round trip be saved; but a small request and its end would then come
    /// along with the negotiation, and js-libp2p (3.3.11) resets such a stream, or waits for its end for ever.
    pub(crate) async fn agree(&mut self) -> Result<(), RunError> {
        let Self { pace, stream, .. } = self;
        pace.step(|cx| stream.poll_read_slice(cx, &mut []))
            .await??;
        Ok(())
    }

    /// Uploads, then downloads; times count from `started`.
    pub(crate) async fn run(mut self, started: Instant) -> Result<Measured, RunError> {
        let result = self.exchange(started).await;
        if let Err(error) = &result {
            self.stream.reset(error.code());
        }
        result
    }

    async fn exchange(&mut self, started: Instant) -> Result<Measured, RunError> {
        self.ask().await?;
        self.upload(started).await?;
        // [perf §Protocol] The end of what the client writes is what the server waits for.
        self.stream.finish()?;
        self.download(started).await
    }

    /// Says how many bytes are wanted back.
    async fn ask(&mut self) -> Result<(), RunError> {
        let mut header = Bytes::copy_from_slice(&self.wanted().to_be_bytes());
        while !header.is_empty() {
            let Self { pace, stream, .. } = self;
            pace.step(|cx| poll_write(stream, cx, &mut header))
                .await??;
        }
        Ok(())
    }

    async fn upload(&mut self, started: Instant) -> Result<(), RunError> {
        let mut deadline = self.deadline(self.plan.upload, started);
        loop {
            let left = match self.plan.upload {
                Amount::Bytes(all) => all - self.uploaded,
                Amount::For(_) => u64::MAX,
            };
            let mut chunk = block::next(left);
            if chunk.is_empty() {
                return Ok(());
            }
            let len = chunk.len();
            let Self { pace, stream, .. } = self;
            let step = pace.step(|cx| {
                if poll_time_up(&mut deadline, cx).is_ready() {
                    return Poll::Ready(Ok(false));
                }
                poll_write(stream, cx, &mut chunk).map_ok(|()| true)
            });
            if !step.await?? {
                return Ok(());
            }
            let taken = (len - chunk.len()) as u64;
            self.uploaded += taken;
            self.progress.add_uploaded(taken);
        }
    }

    async fn download(&mut self, started: Instant) -> Result<Measured, RunError> {
        let wanted = self.wanted();
        let mut answered = None;
        let mut first_byte = None;
        let mut began = (self.plan.upload == Amount::NOTHING).then_some(started);
        let mut deadline = began.and_then(|at| self.deadline(self.plan.download, at));
        loop {
            let came = self.next(&mut deadline).await?;
            let now = self.runtime.now();
            let answered = *answered.get_or_insert(now);
            let download_began = *began.get_or_insert(now);
            match came {
                Came::Chunk(chunk) => {
                    first_byte.get_or_insert(now);
                    self.count(&chunk)?;
                    if deadline.is_none() {
                        deadline = self.deadline(self.plan.download, download_began);
                    }
                    continue;
                }
                Came::End if self.downloaded < wanted => {
                    let received = self.downloaded;
                    return Err(Violation::Short { received, wanted }.into());
                }
                Came::End => {}
                // [perf §Single connection throughput] A download for a time ends when the client closes the stream.
                Came::TimeUp => self.stream.stop(StreamCode::NO_ERROR),
            }
            return Ok(Measured {
                uploaded: self.uploaded,
                downloaded: self.downloaded,
                answered,
                download_began,
                first_byte,
                ended: now,
            });
        }
    }

    /// Waits for what comes next.
    async fn next(&mut self, deadline: &mut Option<Sleep>) -> Result<Came, RunError> {
        let is_complete = self.downloaded == self.wanted();
        let Self { pace, stream, .. } = self;
        let step = pace.step(|cx| {
            if poll_time_up(deadline, cx).is_ready() {
                return Poll::Ready(Ok(Came::TimeUp));
            }
            Poll::Ready(match ready!(stream.poll_read_bytes(cx)) {
                Ok(Some(chunk)) => Ok(Came::Chunk(chunk)),
                Ok(None) => Ok(Came::End),
                // Some peers reset a stream that they are done with.
                Err(ReadError::Reset(StreamCode::NO_ERROR)) if is_complete => Ok(Came::End),
                Err(error) => Err(error),
            })
        });
        Ok(step.await??)
    }

    fn count(&mut self, chunk: &Bytes) -> Result<(), Violation> {
        let (len, wanted) = (chunk.len() as u64, self.wanted());
        if len > wanted - self.downloaded {
            return Err(Violation::Long { wanted });
        }
        self.downloaded += len;
        self.progress.add_downloaded(len);
        Ok(())
    }

    /// Returns how many bytes the peer is asked for.
    fn wanted(&self) -> u64 {
        match self.plan.download {
            Amount::Bytes(bytes) => bytes,
            // [perf §Single connection throughput] More than there can be until the time is up.
            Amount::For(_) => u64::MAX,
        }
    }

    fn deadline(&self, amount: Amount, from: Instant) -> Option<Sleep> {
        let Amount::For(limit) = amount else {
            return None;
        };
        // A time too long to be told never comes.
        let at = from.checked_add(limit)?;
        Some(self.runtime.sleep_until(at))
    }
}

/// Writes, unless the peer answers, or says why it will not.
fn poll_write(
    stream: &mut Stream,
    cx: &mut Context<'_>,
    data: &mut Bytes,
) -> Poll<Result<(), RunError>> {
    match stream.poll_read_bytes(cx) {
        // [perf §Protocol] The server must not answer while the upload goes on.
        Poll::Ready(Ok(_)) => Poll::Ready(Err(Violation::AnsweredEarly.into())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
        Poll::Pending => stream.poll_write_bytes(cx, data).map_err(RunError::from),
    }
}

fn poll_time_up(deadline: &mut Option<Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    deadline
        .as_mut()
        .map_or(Poll::Pending, |sleep| Pin::new(sleep).poll(cx))
}
