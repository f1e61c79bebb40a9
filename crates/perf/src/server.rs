//! The side that is measured against.

use std::time::Duration;

use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::{
    Config, HEADER_LEN, block,
    pace::{Pace, Stalled},
    places::{Full, Place, Places},
};

/// Serves the runs of all peers. Clones share the limits.
#[derive(Clone, Debug)]
pub struct Responder {
    runtime: Runtime,
    config: Config,
    places: Places,
}

/// What one stream carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Bytes that the peer uploaded.
    pub received_bytes: u64,
    /// Bytes that the peer asked for.
    pub wanted_bytes: u64,
    /// Bytes that were handed to the transport; fewer than `wanted_bytes` when the peer had enough before.
    pub sent_bytes: u64,
}

/// Why a run ended in disorder. Its stream has been reset.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The peer has as many runs as it may.
    #[error("the peer has {limit} runs already")]
    TooManyRunsOfPeer {
        /// [`Config::max_runs_per_peer`].
        limit: usize,
    },
    /// All peers together have as many runs as they may.
    #[error("there are {limit} runs already")]
    TooManyRuns {
        /// [`Config::max_runs`].
        limit: usize,
    },
    /// The peer did not say how many bytes it wants.
    #[error("the stream ended after {got} of the {HEADER_LEN} bytes that say how many are wanted")]
    Truncated {
        /// How many bytes came.
        got: usize,
    },
    /// The peer neither sent nor took anything.
    #[error("nothing moved for {limit:?}")]
    Stalled {
        /// [`Config::stall_timeout`].
        limit: Duration,
    },
    /// The upload could not be read.
    #[error("the upload could not be read")]
    Read(#[from] ReadError),
    /// The answer could not be sent.
    #[error("the answer could not be sent")]
    Write(#[from] WriteError),
}

impl Responder {
    /// Starts without runs.
    #[must_use]
    pub fn new(runtime: &Runtime, config: Config) -> Self {
        Self {
            runtime: runtime.clone(),
            config,
            places: Places::default(),
        }
    }

    /// Reads what the peer uploads on `stream`, then sends it what it asked for.
    ///
    /// A peer that has enough before that, as one that measures for a time, has ended its run in good order.
    ///
    /// # Errors
    ///
    /// There are too many runs, which the peer is told by
    /// [`RESOURCE_LIMIT_EXCEEDED`](StreamCode::RESOURCE_LIMIT_EXCEEDED); the peer broke a rule, stood still or reset
    /// the stream; or the connection is over. None of this is unusual.
    pub async fn serve(&self, mut stream: Stream) -> Result<Served, ServeError> {
        let result = self.exchange(&mut stream).await;
        if let Err(error) = &result {
            stream.reset(error.code());
        }
        result
    }

    /// Returns how many runs are being served.
    #[must_use]
    pub fn run_count(&self) -> usize {
        self.places.taken()
    }

    async fn exchange(&self, stream: &mut Stream) -> Result<Served, ServeError> {
        let _place = self.admit(stream)?;
        let mut pace = Pace::new(&self.runtime, self.config.stall_timeout);
        let wanted_bytes = read_header(stream, &mut pace).await?;
        // [perf §Protocol] Nothing is sent before the peer has ended its side.
        let received_bytes = read_upload(stream, &mut pace).await?;
        let sent_bytes = send(stream, &mut pace, wanted_bytes).await?;
        Ok(Served {
            received_bytes,
            wanted_bytes,
            sent_bytes,
        })
    }

    fn admit(&self, stream: &Stream) -> Result<Place, ServeError> {
        let Config {
            max_runs_per_peer,
            max_runs,
            ..
        } = self.config;
        let place = self.places.take(stream.peer(), max_runs_per_peer, max_runs);
        place.map_err(|full| match full {
            Full::ForPeer => ServeError::TooManyRunsOfPeer {
                limit: max_runs_per_peer,
            },
            Full::ForAll => ServeError::TooManyRuns { limit: max_runs },
        })
    }
}

/// Reads how many bytes the peer wants. Every number is one, the largest too.
async fn read_header(stream: &mut Stream, pace: &mut Pace) -> Result<u64, ServeError> {
    let mut header = [0; HEADER_LEN];
    let mut got = 0;
    while let Some(rest) = header.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match pace.step(|cx| stream.poll_read_slice(cx, rest)).await?? {
            0 => return Err(ServeError::Truncated { got }),
            len => got += len,
        }
    }
    Ok(u64::from_be_bytes(header))
}

/// Reads to the end, keeps nothing, and returns how many bytes there were.
async fn read_upload(stream: &mut Stream, pace: &mut Pace) -> Result<u64, ServeError> {
    let mut received = 0;
    while let Some(chunk) = pace.step(|cx| stream.poll_read_bytes(cx)).await?? {
        received += chunk.len() as u64;
    }
    Ok(received)
}

/// Sends `wanted` bytes and the end, unless the peer has enough before; returns how many.
async fn send(stream: &mut Stream, pace: &mut Pace, wanted: u64) -> Result<u64, ServeError> {
    let mut sent = 0;
    while sent < wanted {
        let mut chunk = block::next(wanted - sent);
        let len = chunk.len();
        match pace
            .step(|cx| stream.poll_write_bytes(cx, &mut chunk))
            .await?
        {
            Ok(()) => sent += (len - chunk.len()) as u64,
            // [perf §Single connection throughput] Who measures for a time wants no more when it is over.
            Err(WriteError::Stopped(_)) => return Ok(sent),
            Err(error) => return Err(error.into()),
        }
    }
    match stream.finish() {
        // Some peers stop reading when they have all they wanted.
        Ok(()) | Err(WriteError::Stopped(_)) => Ok(sent),
        Err(error) => Err(error.into()),
    }
}

impl ServeError {
    /// What the peer is told.
    fn code(&self) -> StreamCode {
        match self {
            Self::TooManyRunsOfPeer { .. } | Self::TooManyRuns { .. } => {
                StreamCode::RESOURCE_LIMIT_EXCEEDED
            }
            Self::Truncated { .. } => StreamCode::PROTOCOL_VIOLATION,
            Self::Stalled { .. } => StreamCode::GARBAGE_COLLECTED,
            Self::Read(_) | Self::Write(_) => StreamCode::NO_ERROR,
        }
    }
}

impl From<Stalled> for ServeError {
    fn from(Stalled { limit }: Stalled) -> Self {
        Self::Stalled { limit }
    }
}
