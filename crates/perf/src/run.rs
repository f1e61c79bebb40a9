//! The side that measures.

use std::time::Duration;

use futures_util::future::try_join_all;
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::{Amount, Plan, Progress, Report, client::Client, pace::Stalled};

/// One measurement of one connection.
#[derive(Debug)]
pub struct Run {
    runtime: Runtime,
    plan: Plan,
    progress: Progress,
}

/// Why a run failed. Its streams have been reset.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The peer broke a rule of the protocol.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The peer has as many runs as it serves at a time.
    #[error("the peer serves no more runs at a time: {code}")]
    Refused {
        /// Its word for it.
        code: StreamCode,
    },
    /// The peer neither took nor sent anything.
    #[error("nothing moved for {limit:?}")]
    Stalled {
        /// [`Plan::stall_timeout`], or the time that was to be measured.
        limit: Duration,
    },
    /// The answer could not be read.
    #[error("the answer did not arrive")]
    Read(#[source] ReadError),
    /// The upload could not be sent.
    #[error("the upload could not be sent")]
    Write(#[source] WriteError),
}

/// A rule that a server broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// It answered, or ended its side, while the upload went on.
    #[error("the peer answered before the upload had ended")]
    AnsweredEarly,
    /// It ended its side before it had sent what was asked for.
    #[error("the peer ended the stream after {received} of {wanted} bytes")]
    Short {
        /// How many bytes came.
        received: u64,
        /// How many were asked for.
        wanted: u64,
    },
    /// It sent more than was asked for.
    #[error("the peer sent more than the {wanted} bytes that were asked for")]
    Long {
        /// How many bytes were asked for.
        wanted: u64,
    },
}

impl Run {
    /// Prepares a run; nothing is sent yet.
    #[must_use]
    pub fn new(runtime: &Runtime, plan: Plan) -> Self {
        Self {
            runtime: runtime.clone(),
            plan,
            progress: Progress::default(),
        }
    }

    /// Returns what tells how far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Measures over `streams` at once: streams that were opened for [`PROTOCOL`](crate::PROTOCOL) and are not
    /// used otherwise, all with one peer. Sizes are divided among them. The run starts when the peer has agreed to
    /// the protocol on all of them.
    ///
    /// Each stream downloads when its own upload is over, while others may still upload: over several streams,
    /// measure the two directions one after the other, in two runs.
    ///
    /// Dropping the future resets the streams.
    ///
    /// # Errors
    ///
    /// What happened first to any of the streams.
    pub async fn over(self, streams: impl IntoIterator<Item = Stream>) -> Result<Report, RunError> {
        let streams: Vec<_> = streams.into_iter().collect();
        let count = streams.len();
        let clients = streams.into_iter().enumerate().map(|(index, stream)| {
            let plan = Plan {
                upload: self.plan.upload.share(index, count),
                download: self.plan.download.share(index, count),
                ..self.plan
            };
            Client::new(stream, &self.runtime, plan, &self.progress)
        });
        let mut clients: Vec<_> = clients.collect();
        try_join_all(clients.iter_mut().map(Client::agree)).await?;
        let started = self.runtime.now();
        let measured = try_join_all(clients.into_iter().map(|it| it.run(started))).await?;
        let report = Report::of(started, &measured);
        match self.plan.download {
            // One of many streams may get nothing in a short time; all of them are no measurement.
            Amount::For(limit) if report.first_byte.is_none() && count > 0 => {
                Err(RunError::Stalled { limit })
            }
            Amount::For(_) | Amount::Bytes(_) => Ok(report),
        }
    }
}

impl RunError {
    /// What the peer is told.
    pub(crate) fn code(&self) -> StreamCode {
        match self {
            Self::Violation(_) => StreamCode::PROTOCOL_VIOLATION,
            Self::Refused { .. } | Self::Stalled { .. } | Self::Read(_) | Self::Write(_) => {
                StreamCode::NO_ERROR
            }
        }
    }
}

impl From<Stalled> for RunError {
    fn from(Stalled { limit }: Stalled) -> Self {
        Self::Stalled { limit }
    }
}

impl From<ReadError> for RunError {
    fn from(error: ReadError) -> Self {
        if let ReadError::Reset(code) = error
            && is_refusal(code)
        {
            return Self::Refused { code };
        }
        Self::Read(error)
    }
}

impl From<WriteError> for RunError {
    fn from(error: WriteError) -> Self {
        if let WriteError::Stopped(code) = error
            && is_refusal(code)
        {
            return Self::Refused { code };
        }
        Self::Write(error)
    }
}

fn is_refusal(code: StreamCode) -> bool {
    matches!(
        code,
        StreamCode::RESOURCE_LIMIT_EXCEEDED | StreamCode::RATE_LIMITED
    )
}
