//! What a measurement tells while it goes on.

use std::{
    convert::Infallible,
    fmt,
    time::{Duration, Instant},
};

use serde::Serialize;
use sinew::perf::Progress;
use tokio::time::{self, MissedTickBehavior};

use crate::{
    Context,
    failure::Failure,
    units::{Bytes, Rate},
};

/// Tells how fast the upload and then the download go: people on a terminal in one line that changes, programs in an object a second.
pub(super) async fn tell(
    progress: &[Progress; 2],
    context: &Context,
) -> Result<Infallible, Failure> {
    let is_json = context.output.is_json();
    let line = context.bars.add_line("measuring");
    let mut ticks = time::interval(if is_json { A_SECOND } else { A_GLANCE });
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let started = Instant::now();
    let mut last = Sample::of(progress);
    loop {
        ticks.tick().await;
        let sample = Sample::of(progress);
        let live = Live::between(&last, &sample, started);
        last = sample;
        if is_json {
            context.print(&live)?;
        } else {
            line.show(live.to_string());
        }
    }
}

/// How far it was at one moment.
struct Sample {
    at: Instant,
    uploaded: u64,
    downloaded: u64,
}

impl Sample {
    fn of([up, down]: &[Progress; 2]) -> Self {
        Self {
            at: Instant::now(),
            uploaded: up.uploaded_bytes(),
            downloaded: down.downloaded_bytes(),
        }
    }
}

/// How fast it goes.
#[derive(Serialize)]
#[serde(tag = "event", rename = "perf_progress")]
struct Live {
    /// Since the beginning; the rates are those since the last time.
    seconds: f64,
    /// What the transport has taken; not all of it is at the peer.
    uploaded_bytes: u64,
    downloaded_bytes: u64,
    upload_megabits_per_second: f64,
    download_megabits_per_second: f64,
}

impl Live {
    fn between(last: &Sample, now: &Sample, started: Instant) -> Self {
        let time = now.at.saturating_duration_since(last.at);
        let rate = |bytes| Rate { bytes, time }.megabits_per_second();
        Self {
            seconds: now.at.saturating_duration_since(started).as_secs_f64(),
            uploaded_bytes: now.uploaded,
            downloaded_bytes: now.downloaded,
            upload_megabits_per_second: rate(now.uploaded - last.uploaded),
            download_megabits_per_second: rate(now.downloaded - last.downloaded),
        }
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (up, down) = (Bytes(self.uploaded_bytes), Bytes(self.downloaded_bytes));
        write!(f, "{:.1} s", self.seconds)?;
        if up.0 > 0 {
            let rate = self.upload_megabits_per_second;
            write!(f, ", up {up} at {rate:.1} Mbit/s")?;
        }
        if down.0 > 0 {
            let rate = self.download_megabits_per_second;
            write!(f, ", down {down} at {rate:.1} Mbit/s")?;
        }
        Ok(())
    }
}

const A_SECOND: Duration = Duration::from_secs(1);
/// Short enough to look live, long enough to be read.
const A_GLANCE: Duration = Duration::from_millis(250);
