//! Peers whose power is cut.

use std::{future::pending, pin::pin, time::Duration};

use futures_util::future::{Either, join, select};
use sinew::{CloseReason, Event, Events};
use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab, Pair, ask},
    percentiles::seconds,
    transfer,
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "dead-peer",
    about: "The far host's power is cut, after a minute of nothing or in the middle of something, at a round trip of \
            50 ms: how long until the near host says that the connection is over, and until what was under way fails.",
    is_cheap: true,
    measure,
};

/// What the near host does.
#[derive(Clone, Copy, Debug)]
enum Doing {
    Nothing,
    Sending,
    /// It knows nothing of it, and asks for something a second later.
    Asking,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "",
        "the near host",
        "connection over, s",
        "work failed, s",
        "reason",
    ];
    let mut table = Table::new("Time to notice", columns);
    for carrier in Carrier::ALL {
        for doing in [Doing::Nothing, Doing::Sending, Doing::Asking] {
            let lab = Lab::new(Link {
                delay: Duration::from_millis(25),
                bandwidth: Some(100_000_000),
                ..Link::default()
            });
            let noticed = lab.world.try_block_on(one(&lab, carrier, doing))??;
            report.ran(&lab.world);
            let doing = match doing {
                Doing::Nothing => "does nothing",
                Doing::Sending => "sends",
                Doing::Asking => "asks for something 1 s later",
            };
            table.row([
                carrier.to_string(),
                doing.to_owned(),
                seconds(noticed.closed_after),
                noticed.failed_after.map_or_else(String::new, seconds),
                noticed.reason.to_string(),
            ]);
        }
    }
    report.add(table);
    Ok(())
}

struct Noticed {
    closed_after: Duration,
    failed_after: Option<Duration>,
    reason: CloseReason,
}

async fn one(lab: &Lab, carrier: Carrier, doing: Doing) -> Result<Noticed, Error> {
    let pair = lab.connect(carrier).await?;
    let mut events = pair.near.events();
    lab.world.sleep(Duration::from_secs(57)).await;
    let crash_at = lab.world.now() + Duration::from_secs(2);
    let crashing = async {
        lab.world.sleep(Duration::from_secs(2)).await;
        lab.far.crash();
        pending::<()>().await;
    };
    let watching = async {
        let reason = closed(&mut events).await;
        (reason, lab.world.now())
    };
    let working = async {
        let failed = work(lab, &pair, doing).await;
        failed.then(|| lab.world.now())
    };
    let noticing = join(watching, working);
    match select(pin!(crashing), pin!(noticing)).await {
        Either::Left(_) => Err(Error::Missing("nobody noticed")),
        Either::Right((((reason, closed_at), failed_at), _)) => Ok(Noticed {
            closed_after: closed_at - crash_at,
            failed_after: failed_at.map(|at| at - crash_at),
            reason: reason?,
        }),
    }
}

/// Works until it fails; returns whether there was anything to fail.
async fn work(lab: &Lab, pair: &Pair, doing: Doing) -> bool {
    match doing {
        Doing::Nothing => false,
        Doing::Sending => transfer::upload(&pair.near, pair.peer, u64::MAX)
            .await
            .is_err(),
        Doing::Asking => {
            lab.world.sleep(Duration::from_secs(3)).await;
            ask(&pair.near, pair.peer, b"anybody there?").await.is_err()
        }
    }
}

/// Waits until a connection is over.
pub(super) async fn closed(events: &mut Events) -> Result<CloseReason, Error> {
    loop {
        match events.next().await {
            Some(Event::ConnectionClosed { reason, .. }) => return Ok(reason),
            Some(_) => {}
            None => return Err(Error::Missing("the host is gone")),
        }
    }
}
