//! Addresses that change in the middle of a transfer.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use futures_util::future::join;
use sinew::{Event, Events};
use sinew_simnet::Link;

use super::{
    Error, Report, Scenario, Table,
    lab::{Carrier, Lab, Pair},
    percentiles::{milliseconds, seconds},
    price::{Windows, price},
    transfer::{self, Trace},
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "migration",
    about: "100 MB on one QUIC stream at 100 Mbit/s, 50 ms and no random loss; after 3 s the address of the side that \
            dialed changes. The stall is the longest time in which the receiver got nothing, from then on. It fails when the \
            safe windows cost more than 5 % beside windows of 24 MiB on both sides.",
    is_cheap: false,
    measure,
};

/// What changes.
#[derive(Clone, Copy, Debug)]
enum Move {
    Nothing,
    /// The NAT before it forgets, and gives out another port.
    Port,
    /// It gets another address, and loses the one it had.
    Address,
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
enum Sender {
    Mover,
    Other,
}

fn measure(report: &mut Report) -> Result<(), Error> {
    let columns = [
        "sender",
        "change",
        "bytes right",
        "seconds",
        "stall ms",
        "round trips",
        "what the safe windows cost",
    ];
    let mut table = Table::new("The transfer", columns);
    for sender in [Sender::Mover, Sender::Other] {
        for change in [Move::Nothing, Move::Port, Move::Address] {
            let (taken, stall) = run(sender, change, Windows::Safe, report)?;
            let (taken_with_large, _) = run(sender, change, Windows::Large, report)?;
            let who = match sender {
                Sender::Mover => "the side that moves",
                Sender::Other => "the other side",
            };
            let what = match change {
                Move::Nothing => "none",
                Move::Port => "port, by a NAT",
                Move::Address => "own address",
            };
            let rate = |taken: Duration| BYTES as f64 / taken.as_secs_f64();
            let large = Some(rate(taken_with_large));
            let about = format!("when {who} sends, change: {what}");
            table.row([
                who.to_owned(),
                what.to_owned(),
                // All of them were compared on arrival.
                "all".to_owned(),
                seconds(taken),
                milliseconds(stall),
                format!("{:.2}", stall.as_secs_f64() / RTT.as_secs_f64()),
                price(report, &about, rate(taken), large),
            ]);
        }
    }
    report.add(table);
    Ok(())
}

fn run(
    sender: Sender,
    change: Move,
    windows: Windows,
    report: &mut Report,
) -> Result<(Duration, Duration), Error> {
    let lab = Lab::new(Link {
        delay: RTT / 2,
        bandwidth: Some(100_000_000),
        queue_bytes: 1 << 20,
        ..Link::default()
    });
    let measured = lab
        .world
        .try_block_on(one(&lab, sender, change, windows))??;
    report.ran(&lab.world);
    Ok(measured)
}

async fn one(
    lab: &Lab,
    sender: Sender,
    change: Move,
    windows: Windows,
) -> Result<(Duration, Duration), Error> {
    let (near, far) = (windows.host(&lab.near), windows.host(&lab.far));
    let pair = lab.connect_with(Carrier::Quic, near, far).await?;
    let mut events = pair.far.events();
    let start = lab.world.now();
    let trace = match sender {
        Sender::Mover => pair.traces.of(pair.near.peer_id()),
        Sender::Other => Trace::default(),
    };
    let (sent, ()) = join(send(&pair, sender, &trace), async {
        lab.world.sleep(MOVED_AFTER).await;
        make(lab, change);
    })
    .await;
    sent?;
    let taken = lab.world.now() - start;
    if pair.near.connections().len() != 1 || pair.far.connections().len() != 1 {
        return Err(Error::Missing("the connection did not survive"));
    }
    if !matches!(change, Move::Nothing) {
        moved(&mut events).await?;
    }
    let stall = trace.longest_stall_since(start + MOVED_AFTER);
    let stall = stall.ok_or(Error::Missing("it was over too soon"))?;
    Ok((taken, stall.length))
}

async fn send(pair: &Pair, sender: Sender, trace: &Trace) -> Result<(), Error> {
    match sender {
        Sender::Mover => transfer::upload(&pair.near, pair.peer, BYTES).await,
        Sender::Other => transfer::download(&pair.near, pair.peer, BYTES, trace).await,
    }
}

/// Waits until a host was told that its peer has moved.
async fn moved(events: &mut Events) -> Result<(), Error> {
    loop {
        match events.next().await {
            Some(Event::AddressChanged { .. }) => return Ok(()),
            Some(_) => {}
            None => return Err(Error::Missing("the host is gone")),
        }
    }
}

fn make(lab: &Lab, change: Move) {
    match change {
        Move::Nothing => {}
        Move::Port => {
            lab.near.rebind_nat(FIRST_PORT);
        }
        Move::Address => {
            let former = lab.near.ipv4();
            lab.near.add_address(IpAddr::V4(Ipv4Addr::new(20, 9, 9, 9)));
            lab.near.remove_address(former);
        }
    }
}

const RTT: Duration = Duration::from_millis(50);
const BYTES: u64 = 100_000_000;
const MOVED_AFTER: Duration = Duration::from_secs(3);

/// What a node gives its first socket that asks for any port.
const FIRST_PORT: u16 = 49_152;
