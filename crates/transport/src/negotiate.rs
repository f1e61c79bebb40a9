//! Agrees on a protocol over a stream.
//!
//! A dialer with one protocol does not wait: the stream can be used at once, and the peer's answer is checked
//! when it is first read from. That saves a round trip. A refusal then surfaces as
//! [`ReadError::Negotiation`] or from [`Stream::finished`].

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use sinew_multistream_proto as multistream;
pub use sinew_multistream_proto::{
    Config, InvalidProtocol, Misuse, Negotiation, Protocols, Violation,
};

use crate::{Protocol, ReadError, Stream, StreamCode, WriteError};

/// Why the two sides did not agree on a protocol.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NegotiationError {
    /// The peer speaks none of the protocols that were offered, or offered none that are spoken here.
    #[error("no protocol in common{}", among(.offered))]
    NoCommonProtocol {
        /// What was offered by this side; empty for a listener.
        offered: Arc<[Protocol]>,
    },
    /// The peer broke the rules of the negotiation.
    #[error("the peer broke the rules of protocol negotiation")]
    Violation(#[from] Violation),
    /// The caller offered nothing, or too much.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The stream failed before the two sides agreed.
    #[error("the stream failed during protocol negotiation")]
    Stream(#[source] Arc<ReadError>),
}

/// Offers `protocols` to the peer in this order; the stream that comes back knows the one that is spoken.
///
/// # Errors
///
/// The two sides did not agree; the stream is reset. With one protocol, only a stream that has failed
/// already is an error here.
pub async fn dial(
    mut stream: Stream,
    protocols: impl IntoIterator<Item = Protocol>,
    config: Config,
) -> Result<Stream, NegotiationError> {
    let offered: Arc<[Protocol]> = protocols.into_iter().collect();
    let negotiation = Negotiation::dial(offered.iter().cloned(), config)?;
    let guess = negotiation.selected().cloned();
    stream.pending = Some(Box::new(Pending::new(negotiation, offered)));
    poll_fn(|cx| stream.poll_flush_offer(cx)).await?;
    if let Some(guess) = guess {
        stream.info.protocol = Some(guess);
        return Ok(stream);
    }
    agreed(stream).await
}

/// Waits for an offer that is among `supported`; the stream that comes back knows the one that is spoken.
///
/// # Errors
///
/// The two sides did not agree. The stream is then reset with [`StreamCode::PROTOCOL_NEGOTIATION_FAILED`], and
/// also when the future is dropped before its end.
pub async fn listen(
    mut stream: Stream,
    supported: impl Into<Protocols>,
    config: Config,
) -> Result<Stream, NegotiationError> {
    let negotiation = Negotiation::listen(supported, config);
    stream.pending = Some(Box::new(Pending::new(negotiation, Arc::default())));
    agreed(stream).await
}

/// Waits for the agreement; resets the stream with the code that says so when there is none, also when the
/// wait is given up.
async fn agreed(stream: Stream) -> Result<Stream, NegotiationError> {
    let mut waiting = Waiting(Some(stream));
    poll_fn(|cx| match &mut waiting.0 {
        Some(stream) => stream.poll_agreed(cx),
        None => Poll::Pending,
    })
    .await?;
    match waiting.0.take() {
        Some(stream) => Ok(stream),
        None => std::future::pending().await,
    }
}

/// A stream that is reset unless it is taken out.
struct Waiting(Option<Stream>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(stream) = &mut self.0 {
            stream.io.reset(StreamCode::PROTOCOL_NEGOTIATION_FAILED);
            stream.io.stop(StreamCode::PROTOCOL_NEGOTIATION_FAILED);
        }
    }
}

/// A negotiation whose end was not seen yet.
pub(crate) struct Pending {
    negotiation: Negotiation,
    offered: Arc<[Protocol]>,
    /// Read and not used: the beginning of a message.
    input: BytesMut,
    /// Made and not written.
    output: Bytes,
}

impl Pending {
    fn new(negotiation: Negotiation, offered: Arc<[Protocol]>) -> Self {
        Self {
            negotiation,
            offered,
            input: BytesMut::new(),
            output: Bytes::new(),
        }
    }
}

impl Stream {
    /// Drives a pending negotiation to its end; the first thing that each read does.
    pub(crate) fn poll_agreed(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NegotiationError>> {
        if self.pending.is_none() {
            return Poll::Ready(Ok(()));
        }
        let outcome = ready!(self.poll_pending(cx));
        let pending = self.pending.take();
        match outcome {
            Ok(()) => {
                // What came behind the last message belongs to the protocol.
                if let Some(pending) = pending
                    && !pending.input.is_empty()
                {
                    self.unread.push_front(pending.input.freeze());
                }
                Poll::Ready(Ok(()))
            }
            Err(error) => {
                self.io.reset(StreamCode::PROTOCOL_NEGOTIATION_FAILED);
                self.io.stop(StreamCode::PROTOCOL_NEGOTIATION_FAILED);
                self.refused = Some(error.clone());
                Poll::Ready(Err(error))
            }
        }
    }

    /// Writes what the negotiation has to say.
    pub(crate) fn poll_flush_offer(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NegotiationError>> {
        let Some(pending) = &mut self.pending else {
            return Poll::Ready(Ok(()));
        };
        loop {
            while !pending.output.is_empty() {
                match ready!(self.io.poll_write(cx, &mut pending.output)) {
                    Ok(()) => {}
                    // The peer may have answered and stopped listening; its answer decides.
                    Err(WriteError::Stopped(_)) => pending.output.clear(),
                    Err(error) => return Poll::Ready(Err(as_read_error(error))),
                }
            }
            let mut output = Vec::new();
            if pending.negotiation.write(&mut output).is_none() {
                return Poll::Ready(Ok(()));
            }
            pending.output = output.into();
        }
    }

    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NegotiationError>> {
        loop {
            ready!(self.poll_flush_offer(cx))?;
            let Some(pending) = &mut self.pending else {
                return Poll::Ready(Ok(()));
            };
            if pending.negotiation.is_confirmed() {
                if let Some(protocol) = pending.negotiation.selected() {
                    self.info.protocol = Some(protocol.clone());
                }
                return Poll::Ready(Ok(()));
            }
            let ended = if self.unread.is_empty() {
                match ready!(self.io.poll_read(cx, CHUNK_BYTES, &mut self.unread)) {
                    Ok(ended) => ended,
                    // The refusal that was written is lost when a reset overtakes it; the code says the same.
                    Err(ReadError::Reset(StreamCode::PROTOCOL_NEGOTIATION_FAILED))
                        if !pending.offered.is_empty() =>
                    {
                        return Poll::Ready(Err(
                            pending.explain(multistream::Error::NoCommonProtocol)
                        ));
                    }
                    Err(error) => {
                        return Poll::Ready(Err(NegotiationError::Stream(Arc::new(error))));
                    }
                }
            } else {
                false
            };
            for chunk in self.unread.drain(..) {
                pending.input.extend_from_slice(&chunk);
            }
            let used = match pending.negotiation.read(&pending.input) {
                Ok(used) => used,
                Err(error) => return Poll::Ready(Err(pending.explain(error))),
            };
            drop(pending.input.split_to(used));
            if ended && !pending.negotiation.is_confirmed() {
                let early = pending.negotiation.end().err();
                let error = early.map(|error| pending.explain(error));
                return Poll::Ready(Err(error.unwrap_or(Violation::EarlyEof.into())));
            }
            self.ended |= ended;
        }
    }
}

impl Pending {
    fn explain(&self, error: multistream::Error) -> NegotiationError {
        match error {
            multistream::Error::Violation(violation) => NegotiationError::Violation(violation),
            // Whatever else there may be some day, nothing was agreed.
            multistream::Error::NoCommonProtocol | _ => NegotiationError::NoCommonProtocol {
                offered: self.offered.clone(),
            },
        }
    }
}

fn as_read_error(error: WriteError) -> NegotiationError {
    let error = match error {
        WriteError::Closed(reason) => ReadError::Closed(reason),
        WriteError::Stopped(code) => ReadError::Reset(code),
        WriteError::Finished => ReadError::Stopped,
        WriteError::Expired => ReadError::Expired,
        WriteError::Negotiation(error) => return error,
    };
    NegotiationError::Stream(Arc::new(error))
}

fn among(offered: &[Protocol]) -> String {
    if offered.is_empty() {
        return String::new();
    }
    let names: Vec<_> = offered.iter().map(Protocol::as_str).collect();
    format!(": the peer does not speak {}", names.join(" or "))
}

/// How much is read at a time: messages of a negotiation are short, and what is read is copied.
const CHUNK_BYTES: usize = 128;

#[cfg(test)]
mod tests;
