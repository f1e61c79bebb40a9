//! Peers that come back after a crash.

use std::time::Duration;

use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    dead_peer::closed,
    lab::{Carrier, Lab, ask, start},
    percentiles::milliseconds,
};
use crate::sentence;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "restart",
    about: "The far host crashes and is back a second later at the same address, at a round trip of 50 ms. From then on, \
            how long until the near host, which had a connection, knows that it is over, and until its request is \
            answered on a new one.",
    is_cheap: true,
    measure,
};

/// How the near host finds out.
#[derive(Clone, Copy, Debug)]
enum How {
    /// It asks for something as soon as the peer is back, and once more when that failed.
    Asks,
    /// It waits until it is told.
    Waits,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "",
        "the near host",
        "knows, ms",
        "answered, ms",
        "first failure",
    ];
    let mut table = Table::new("From when the peer is back", columns);
    for carrier in Carrier::ALL {
        for how in [How::Asks, How::Waits] {
            let lab = Lab::new(Link::with_delay(Duration::from_millis(25)));
            let (known, answered, why) = lab.world.try_block_on(one(&lab, carrier, how))??;
            report.ran(&lab.world);
            let how = match how {
                How::Asks => "asks at once",
                How::Waits => "waits to be told",
            };
            table.row([
                carrier.to_string(),
                how.to_owned(),
                milliseconds(known),
                milliseconds(answered),
                why,
            ]);
        }
    }
    report.add(table);
    Ok(())
}

async fn one(lab: &Lab, carrier: Carrier, how: How) -> Result<(Duration, Duration, String), Error> {
    let pair = lab.connect(carrier).await?;
    let mut events = pair.near.events();
    lab.far.crash();
    lab.world.sleep(Duration::from_secs(1)).await;
    lab.far.restart();
    let (_far, _) = start(lab.far.host(), carrier.at(&lab.far)).await?;
    let back = lab.world.now();
    let why = match how {
        How::Asks => match ask(&pair.near, pair.peer, b"hello").await {
            Err(error) => sentence(&error),
            Ok(()) => return Err(Error::Missing("a crash that mattered")),
        },
        How::Waits => sentence(&closed(&mut events).await?),
    };
    let known = lab.world.now() - back;
    pair.near.connect(pair.address.clone()).await?;
    ask(&pair.near, pair.peer, b"hello again").await?;
    Ok((known, lab.world.now() - back, why))
}
