//! `sinew perf`: measures how fast a peer can be sent to and received from.

mod live;

use std::{fmt, time::Duration};

use serde::Serialize;
use sinew::{
    PeerId,
    perf::{Amount, Plan, Report, Run},
};

use crate::{
    Context,
    arguments::Perf,
    carrier::Carrier,
    failure::Failure,
    session::Session,
    units::{Bytes, Rate, Span, milliseconds},
};

pub(crate) async fn run(arguments: &Perf, context: &Context) -> Result<(), Failure> {
    Session::run(&arguments.peer, async |session| {
        let up = arguments.upload().map(|it| plan(it, Amount::NOTHING));
        let down = arguments.download().map(|it| plan(Amount::NOTHING, it));
        let [up, down] = [up, down].map(|it| it.map(|plan| Run::new(session.runtime(), plan)));
        let progress = [&up, &down].map(|it| it.as_ref().map(Run::progress).unwrap_or_default());
        // Each direction has its own streams: one that has ended its upload would otherwise download while others
        // still upload.
        let measuring = async {
            let streams = arguments.streams;
            Ok(Reports {
                upload: session.perf(up, streams).await?,
                download: session.perf(down, streams).await?,
            })
        };
        let reports = tokio::select! {
            biased;
            measured = measuring => measured?,
            told = live::tell(&progress, context) => match told? {},
        };
        context.print(&Measured::new(arguments, session, &reports))
    })
    .await
}

fn plan(upload: Amount, download: Amount) -> Plan {
    let mut plan = Plan::default();
    plan.upload = upload;
    plan.download = download;
    plan
}

/// What came of each direction that was measured.
struct Reports {
    upload: Option<Report>,
    download: Option<Report>,
}

/// What was found.
#[derive(Serialize)]
#[serde(tag = "event", rename = "perf")]
struct Measured {
    peer: PeerId,
    connection: Option<Carrier>,
    streams: u16,
    upload: Option<Direction>,
    download: Option<Direction>,
    first_byte_ms: Option<f64>,
    rtt_ms: Option<f64>,
    mtu_bytes: Option<u16>,
    /// Of those that this side sent.
    lost_packets: Option<u64>,
    #[serde(skip)]
    first_byte: Option<Duration>,
    #[serde(skip)]
    rtt: Option<Duration>,
}

/// What went in one direction.
#[derive(Clone, Copy, Serialize)]
struct Direction {
    bytes: u64,
    seconds: f64,
    megabits_per_second: f64,
    mebibytes_per_second: f64,
    #[serde(skip)]
    time: Duration,
}

impl Measured {
    fn new(arguments: &Perf, session: &Session, reports: &Reports) -> Self {
        let path = session.path();
        let rtt = path.and_then(|path| path.rtt);
        let first_byte = reports.download.and_then(|it| it.first_byte);
        let up = |it: Report| Direction::new(it.uploaded_bytes, it.upload_time);
        let down = |it: Report| Direction::new(it.downloaded_bytes, it.download_time);
        Self {
            peer: session.peer(),
            connection: session.carrier(),
            streams: arguments.streams,
            upload: reports.upload.map(up),
            download: reports.download.map(down),
            first_byte_ms: first_byte.map(milliseconds),
            rtt_ms: rtt.map(milliseconds),
            mtu_bytes: path.and_then(|path| path.mtu_bytes),
            lost_packets: path.and_then(|path| path.lost_packets),
            first_byte,
            rtt,
        }
    }
}

impl Direction {
    fn new(bytes: u64, time: Duration) -> Self {
        let rate = Rate { bytes, time };
        Self {
            bytes,
            seconds: time.as_secs_f64(),
            megabits_per_second: rate.megabits_per_second(),
            mebibytes_per_second: rate.mebibytes_per_second(),
            time,
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { streams, .. } = self;
        if let Some(upload) = self.upload {
            writeln!(f, "uploaded    {upload}")?;
        }
        if let Some(download) = self.download {
            writeln!(f, "downloaded  {download}")?;
        }
        if let Some(first_byte) = self.first_byte {
            writeln!(f, "first byte  after {}", Span(first_byte))?;
        }
        if let Some(rtt) = self.rtt {
            writeln!(f, "round trip  {}", Span(rtt))?;
        }
        if let Some(mtu) = self.mtu_bytes {
            writeln!(f, "datagrams   up to {mtu} bytes")?;
        }
        if let Some(lost) = self.lost_packets {
            writeln!(f, "lost        {lost} of the packets sent")?;
        }
        match streams {
            1 => write!(f, "over        one stream")?,
            _ => write!(f, "over        {streams} streams")?,
        }
        if let Some(connection) = &self.connection {
            write!(f, " of {connection}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, time) = (Bytes(self.bytes), Span(self.time));
        let (megabits, mebibytes) = (self.megabits_per_second, self.mebibytes_per_second);
        write!(
            f,
            "{bytes} in {time}: {megabits:.1} Mbit/s, {mebibytes:.1} MiB/s"
        )
    }
}
