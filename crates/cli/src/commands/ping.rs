//! `sinew ping`: measures the round trip to a peer.

use std::{fmt, time::Duration};

use serde::Serialize;
use sinew::PeerId;
use tokio::time;

use crate::{
    Context,
    arguments::Ping,
    carrier::Carrier,
    failure::{Failure, sentence},
    session::Session,
    units::{Span, milliseconds},
};

pub(crate) async fn run(arguments: &Ping, context: &Context) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let result = Session::run(&arguments.peer, async |session| {
        ping(arguments, context, session, &mut tally).await
    })
    .await;
    if tally.sent > 0 {
        context.print(&tally.summary())?;
    }
    match result {
        // Ctrl-C is how one ends pings without a number.
        Err(failure) if failure.is_interrupt() && tally.is_complete() => Ok(()),
        result => result,
    }
}

async fn ping(
    arguments: &Ping,
    context: &Context,
    session: &Session,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let peer = session.peer();
    tally.connection = session.carrier();
    let mut pinger = session.pinger().await?;
    let mut failed = None;
    for sequence in 1.. {
        if sequence > 1 {
            time::sleep(arguments.interval).await;
        }
        tally.sent += 1;
        match pinger.ping().await {
            Ok(round_trip) => {
                tally.add(round_trip);
                context.print(&Answered {
                    peer,
                    sequence,
                    round_trip,
                    rtt_ms: milliseconds(round_trip),
                })?;
            }
            Err(error) => {
                let reason = sentence(&error);
                context.print(&Lost {
                    peer,
                    sequence,
                    reason,
                })?;
                let failure = session.explain_ping(&error);
                if failure.is_final() {
                    return Err(failure);
                }
                failed = Some(failure);
                pinger = session.pinger().await?;
            }
        }
        if sequence == arguments.count {
            break;
        }
    }
    pinger.close().await;
    failed.map_or(Ok(()), Err)
}

/// What was measured so far.
#[derive(Default)]
struct Tally {
    connection: Option<Carrier>,
    sent: u64,
    received: u64,
    sum: Duration,
    min: Option<Duration>,
    max: Option<Duration>,
}

impl Tally {
    fn add(&mut self, round_trip: Duration) {
        self.received += 1;
        self.sum += round_trip;
        self.min = Some(self.min.map_or(round_trip, |min| min.min(round_trip)));
        self.max = self.max.max(Some(round_trip));
    }

    /// Says whether nothing was lost but perhaps the one that was interrupted.
    fn is_complete(&self) -> bool {
        self.received > 0 && self.sent - self.received <= 1
    }

    fn summary(&self) -> Summary {
        let mean = (self.received > 0).then(|| self.sum.div_f64(self.received as f64));
        Summary {
            connection: self.connection.clone(),
            sent: self.sent,
            received: self.received,
            min_ms: self.min.map(milliseconds),
            mean_ms: mean.map(milliseconds),
            max_ms: self.max.map(milliseconds),
        }
    }
}

/// One answer.
#[derive(Serialize)]
#[serde(tag = "event", rename = "ping")]
struct Answered {
    peer: PeerId,
    sequence: u64,
    rtt_ms: f64,
    #[serde(skip)]
    round_trip: Duration,
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: ping {} in {}",
            self.peer,
            self.sequence,
            Span(self.round_trip)
        )
    }
}

/// One answer that did not come.
#[derive(Serialize)]
#[serde(tag = "event", rename = "lost")]
struct Lost {
    peer: PeerId,
    sequence: u64,
    reason: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: ping {} lost: {}",
            self.peer, self.sequence, self.reason
        )
    }
}

/// All of them.
#[derive(Serialize)]
#[serde(tag = "event", rename = "summary")]
struct Summary {
    connection: Option<Carrier>,
    sent: u64,
    received: u64,
    min_ms: Option<f64>,
    mean_ms: Option<f64>,
    max_ms: Option<f64>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} answered", self.sent, self.received)?;
        if let (Some(min), Some(mean), Some(max)) = (self.min_ms, self.mean_ms, self.max_ms) {
            write!(
                f,
                "; shortest {min:.3} ms, mean {mean:.3} ms, longest {max:.3} ms"
            )?;
        }
        if let Some(connection) = &self.connection {
            write!(f, " (over {connection})")?;
        }
        Ok(())
    }
}
