//! What a run found.

use std::time::{Duration, Instant};

/// What a [`Run`](crate::Run) found, over all of its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many bytes the peer was sent; it has read all of them.
    pub uploaded_bytes: u64,
    /// How many bytes came.
    pub downloaded_bytes: u64,
    /// From the start until the answer to the last upload began, which proves that the peer has read it: its first
    /// byte, or its end where nothing was asked for.
    pub upload_time: Duration,
    /// From the end of the first upload, or from the start where nothing was uploaded, until the last answer
    /// had come, or its time was up.
    pub download_time: Duration,
    /// From the start until the first byte that came; `None` when none was asked for.
    pub first_byte: Option<Duration>,
}

/// What one stream found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) uploaded: u64,
    pub(crate) downloaded: u64,
    pub(crate) answered: Instant,
    pub(crate) download_began: Instant,
    pub(crate) first_byte: Option<Instant>,
    pub(crate) ended: Instant,
}

impl Report {
    /// Sums up what the streams of a run found that began at `started`.
    pub(crate) fn of(started: Instant, streams: &[Measured]) -> Self {
        let answered = streams.iter().map(|it| it.answered).max();
        let began = streams.iter().map(|it| it.download_began).min();
        let ended = streams.iter().map(|it| it.ended).max();
        let first_byte = streams.iter().filter_map(|it| it.first_byte).min();
        let since = |from: Option<Instant>, to: Option<Instant>| {
            let (from, to) = (from.unwrap_or(started), to.unwrap_or(started));
            to.saturating_duration_since(from)
        };
        Self {
            uploaded_bytes: streams.iter().map(|it| it.uploaded).sum(),
            downloaded_bytes: streams.iter().map(|it| it.downloaded).sum(),
            upload_time: since(Some(started), answered),
            download_time: since(began, ended),
            first_byte: first_byte.map(|at| at.saturating_duration_since(started)),
        }
    }
}
