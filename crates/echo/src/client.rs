//! The side that checks.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

/// Sends `data`, ends the stream, and compares what comes back with it; returns how many bytes did.
///
/// `data` is gone through twice, once to send and once to compare, so that nothing that was sent has to be
/// remembered: a list of [`Bytes`] or a [`pattern`](crate::pattern) are two ways to have that.
///
/// # Errors
///
/// Not every byte came back as it was sent, or the stream failed. The stream has been reset.
pub async fn echo<D>(stream: Stream, data: D) -> Result<u64, EchoError>
where
    D: IntoIterator<Item = Bytes, IntoIter: Clone>,
{
    let data = data.into_iter();
    let mut exchange = Exchange {
        stream,
        to_send: data.clone(),
        sending: Bytes::new(),
        has_finished: false,
        to_compare: data,
        expected: Bytes::new(),
        returned: 0,
    };
    let result = poll_fn(|cx| exchange.poll(cx)).await;
    if let Err(error) = &result {
        exchange.stream.reset(error.code());
    }
    result
}

/// Why an echo failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EchoError {
    /// The peer sent back another byte than it was sent.
    #[error("byte {at} came back changed")]
    Changed {
        /// Its offset, from zero.
        at: u64,
    },
    /// The peer ended the stream before everything came back.
    #[error("the peer ended the stream after {returned} bytes had come back")]
    Short {
        /// How many bytes came back.
        returned: u64,
    },
    /// The peer sent back more than it was sent.
    #[error("more came back than the {sent} bytes that were sent")]
    Long {
        /// How many bytes were sent.
        sent: u64,
    },
    /// What comes back could not be read.
    #[error("the echo could not be read")]
    Read(#[from] ReadError),
    /// The data could not be sent.
    #[error("the data could not be sent")]
    Write(#[from] WriteError),
}

/// Data on its way there and back.
struct Exchange<I> {
    stream: Stream,
    to_send: I,
    /// Taken from `to_send` and not written.
    sending: Bytes,
    has_finished: bool,
    to_compare: I,
    /// Taken from `to_compare` and not come back.
    expected: Bytes,
    returned: u64,
}

impl<I: Iterator<Item = Bytes>> Exchange<I> {
    /// Writes as much as the stream takes, then reads as much as there is.
    ///
    /// The two never wait for each other: each leaves its own waker behind.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<u64, EchoError>> {
        let sent = self.poll_send(cx);
        match (self.poll_compare(cx), sent) {
            (Poll::Ready(result), _) => Poll::Ready(result),
            // A peer that stops reading has often said why on its own side, which was just looked at.
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error.into())),
            (Poll::Pending, Poll::Pending | Poll::Ready(Ok(()))) => Poll::Pending,
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        while !self.has_finished {
            if !self.sending.is_empty() {
                ready!(self.stream.poll_write_bytes(cx, &mut self.sending))?;
            } else if let Some(next) = self.to_send.next() {
                self.sending = next;
            } else {
                self.stream.finish()?;
                self.has_finished = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_compare(&mut self, cx: &mut Context<'_>) -> Poll<Result<u64, EchoError>> {
        loop {
            let chunk = match ready!(self.stream.poll_read_bytes(cx)) {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Poll::Ready(self.on_end()),
                // Some peers reset a stream that they are done with.
                Err(ReadError::Reset(StreamCode::NO_ERROR)) if self.is_complete() => {
                    return Poll::Ready(Ok(self.returned));
                }
                Err(error) => return Poll::Ready(Err(error.into())),
            };
            self.on_chunk(chunk)?;
        }
    }

    fn on_chunk(&mut self, mut chunk: Bytes) -> Result<(), EchoError> {
        while !chunk.is_empty() {
            if !self.fill_expected() {
                return Err(EchoError::Long {
                    sent: self.returned,
                });
            }
            let len = chunk.len().min(self.expected.len());
            let (came, sent) = (chunk.split_to(len), self.expected.split_to(len));
            if came != sent {
                let same = came
                    .iter()
                    .zip(&sent)
                    .take_while(|(came, sent)| came == sent);
                let at = self.returned + same.count() as u64;
                return Err(EchoError::Changed { at });
            }
            self.returned += len as u64;
        }
        Ok(())
    }

    fn on_end(&mut self) -> Result<u64, EchoError> {
        let returned = self.returned;
        if self.is_complete() {
            return Ok(returned);
        }
        Err(EchoError::Short { returned })
    }

    fn is_complete(&mut self) -> bool {
        self.has_finished && !self.fill_expected()
    }

    /// Makes sure that there is something in `expected`, unless everything has come back.
    fn fill_expected(&mut self) -> bool {
        while !self.expected.has_remaining() {
            match self.to_compare.next() {
                Some(next) => self.expected = next,
                None => return false,
            }
        }
        true
    }
}

impl EchoError {
    /// What the peer is told.
    fn code(&self) -> StreamCode {
        match self {
            Self::Changed { .. } | Self::Long { .. } => StreamCode::PROTOCOL_VIOLATION,
            Self::Short { .. } | Self::Read(_) | Self::Write(_) => StreamCode::NO_ERROR,
        }
    }
}
