//! The side that asks.

use std::{
    fmt,
    time::{Duration, Instant},
};

use rand_core::Rng;
use sinew_runtime::{Elapsed, Runtime};
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::{Config, PAYLOAD_LEN};

/// Pings one peer over one stream.
///
/// Dropping it resets the stream; [`close`](Self::close) ends it in good order.
pub struct Pinger<R> {
    stream: Stream,
    rng: R,
    runtime: Runtime,
    config: Config,
    /// The ping that was sent, or is being sent, and not answered.
    in_flight: Option<InFlight>,
}

/// Why a ping failed. The stream has been reset; a later ping fails as well.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PingError {
    /// The peer is silent, or very slow.
    #[error("no answer within {limit:?}")]
    TimedOut {
        /// [`Config::timeout`].
        limit: Duration,
    },
    /// The peer answered with bytes that it was not sent.
    #[error("the peer answered with other bytes than it was sent")]
    WrongAnswer,
    /// The peer ended its side of the stream without an answer.
    #[error("the peer ended the stream without an answer")]
    Ended,
    /// The answer could not be read.
    #[error("the answer did not arrive")]
    Read(#[from] ReadError),
    /// The ping could not be sent.
    #[error("the ping could not be sent")]
    Write(#[from] WriteError),
}

/// A ping on its way.
#[derive(Debug)]
struct InFlight {
    payload: [u8; PAYLOAD_LEN],
    written: usize,
    answer: [u8; PAYLOAD_LEN],
    read: usize,
    started: Instant,
}

impl<R: Rng> Pinger<R> {
    /// Takes a stream that was opened for [`PROTOCOL`](crate::PROTOCOL) and is not used otherwise.
    pub fn new(stream: Stream, rng: R, runtime: Runtime, config: Config) -> Self {
        Self {
            stream,
            rng,
            runtime,
            config,
            in_flight: None,
        }
    }

    /// Sends a ping and returns how long its answer took.
    ///
    /// Cancel-safe: a ping whose future was dropped is still on its way, and the next call waits for that one.
    ///
    /// # Errors
    ///
    /// No answer came, or a wrong one, or the stream failed. The stream has been reset.
    pub async fn ping(&mut self) -> Result<Duration, PingError> {
        let limit = self.config.timeout;
        let runtime = self.runtime.clone();
        let result = match runtime.timeout(limit, self.exchange()).await {
            Ok(result) => result,
            Err(Elapsed(_)) => Err(PingError::TimedOut { limit }),
        };
        if let Err(error) = &result {
            self.stream.reset(error.code());
        }
        result
    }

    /// Ends the stream in good order: the peer sees that this was the last ping.
    ///
    /// Waits for the peer to end its side, but no longer than a ping may take.
    pub async fn close(mut self) {
        // [ping §Protocol] The dialer closes its side after the last payload.
        if self.in_flight.is_some() || self.stream.finish().is_err() {
            return;
        }
        // Whatever the peer does here, nothing was lost.
        let end = self.stream.read_bytes();
        let _ = self.runtime.timeout(self.config.timeout, end).await;
    }

    /// Returns the stream, to see whose it is.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    async fn exchange(&mut self) -> Result<Duration, PingError> {
        let Self {
            stream,
            rng,
            runtime,
            in_flight,
            ..
        } = self;
        let ping = in_flight.get_or_insert_with(|| InFlight::new(rng, runtime.now()));
        while let Some(rest) = ping
            .payload
            .get(ping.written..)
            .filter(|rest| !rest.is_empty())
        {
            ping.written += stream.write(rest).await?;
        }
        while let Some(rest) = ping
            .answer
            .get_mut(ping.read..)
            .filter(|rest| !rest.is_empty())
        {
            match stream.read(rest).await? {
                0 => return Err(PingError::Ended),
                len => ping.read += len,
            }
        }
        let is_right = ping.answer == ping.payload;
        let round_trip = runtime.now().saturating_duration_since(ping.started);
        *in_flight = None;
        if !is_right {
            return Err(PingError::WrongAnswer);
        }
        Ok(round_trip)
    }
}

impl PingError {
    /// What the peer is told.
    fn code(&self) -> StreamCode {
        match self {
            Self::WrongAnswer => StreamCode::PROTOCOL_VIOLATION,
            Self::TimedOut { .. } | Self::Ended | Self::Read(_) | Self::Write(_) => {
                StreamCode::NO_ERROR
            }
        }
    }
}

impl InFlight {
    fn new(rng: &mut impl Rng, started: Instant) -> Self {
        let mut payload = [0; PAYLOAD_LEN];
        rng.fill_bytes(&mut payload);
        Self {
            payload,
            written: 0,
            answer: [0; PAYLOAD_LEN],
            read: 0,
            started,
        }
    }
}

impl<R> fmt::Debug for Pinger<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinger")
            .field("stream", &self.stream)
            .field("in_flight", &self.in_flight.is_some())
            .finish_non_exhaustive()
    }
}
