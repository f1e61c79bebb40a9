//! The part of the demo that shows the transports side by side.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::Serialize;
use sinew::{
    Address, Host, HostBuilder, Keypair, Runtime,
    echo::{self, pattern},
};
use sinew_runtime::TokioTcp;
use sinew_udp::OsUdp;

use super::far::{FarTcp, FarUdp};
use crate::{
    Context,
    arguments::Stack,
    failure::{Failure, Fault, Kind},
    host,
    session::Session,
    units::{Rate, Span, milliseconds},
};

/// Dials bob over each transport, from here and from afar, and prints what each needed.
pub(super) async fn run(context: &Context, bob: &Host) -> Result<(), Failure> {
    for (name, stack) in Stack::EACH {
        let address = bob
            .listen_addresses()
            .into_iter()
            .find(|address| stack.takes(address))
            .ok_or_else(|| {
                Failure::new(
                    Kind::Local,
                    Fault::Us,
                    format!("bob has no address for {name}"),
                )
            })?;
        let compared = compare(name, stack, &address).await?;
        context.print(&compared)?;
    }
    Ok(())
}

async fn compare(name: &'static str, stack: Stack, address: &Address) -> Result<Compared, Failure> {
    let (connecting, ping, rate) = with_host(builder(stack), async |alice| {
        let session = Session::connect(alice, address).await?;
        let ping = ping(&session).await?;
        let rate = session.echo(&echo::PROTOCOL, pattern(ECHO_BYTES)).await?;
        Ok((session.connecting(), ping, rate))
    })
    .await?;
    let far_away = with_host(from_afar(builder(stack)), async |alice| {
        let started = Instant::now();
        let session = Session::connect(alice, address).await?;
        session
            .echo(&echo::PROTOCOL, [Bytes::from_static(b"?")])
            .await?;
        Ok(started.elapsed())
    })
    .await?;
    Ok(Compared {
        stack: name,
        round_trips: round_trips(far_away),
        connect_ms: milliseconds(connecting),
        ping_ms: milliseconds(ping),
        bytes_per_second: rate.bytes_per_second().round(),
        connecting: Span(connecting),
        ping: Span(ping),
        rate,
    })
}

fn builder(stack: Stack) -> HostBuilder {
    host::builder(Keypair::generate_ed25519(), stack, None)
}

/// Puts a host so far away that everything else that takes time is nothing beside the way.
fn from_afar(builder: HostBuilder) -> HostBuilder {
    let runtime = Runtime::tokio();
    let udp = FarUdp {
        near: Arc::new(OsUdp),
        runtime: runtime.clone(),
        delay: FAR,
    };
    let tcp = FarTcp {
        near: Arc::new(TokioTcp),
        runtime,
        delay: FAR,
    };
    builder.udp(Arc::new(udp)).tcp_network(Arc::new(tcp))
}

async fn with_host<T>(
    builder: HostBuilder,
    work: impl AsyncFnOnce(&Host) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let host = host::started(builder).await?;
    let done = work(&host).await;
    host.shutdown().await;
    done
}

/// Returns the shortest of a few round trips.
async fn ping(session: &Session) -> Result<Duration, Failure> {
    let mut pinger = session.pinger().await?;
    let mut shortest = Duration::MAX;
    for _ in 0..PINGS {
        let round_trip = pinger.ping().await;
        shortest = shortest.min(round_trip.map_err(|error| session.explain_ping(&error))?);
    }
    pinger.close().await;
    Ok(shortest)
}

/// Nothing arrives early, so what is beyond the last whole round trip was work.
fn round_trips(time: Duration) -> u128 {
    time.as_micros() / FAR.as_micros()
}

/// What one transport needed.
#[derive(Serialize)]
#[serde(tag = "event", rename = "compared")]
struct Compared {
    stack: &'static str,
    /// From the dial to the first byte of an answer on a stream.
    round_trips: u128,
    connect_ms: f64,
    ping_ms: f64,
    bytes_per_second: f64,
    #[serde(skip)]
    connecting: Span,
    #[serde(skip)]
    ping: Span,
    #[serde(skip)]
    rate: Rate,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stack,
            round_trips,
            connecting,
            ping,
            rate,
            ..
        } = self;
        write!(
            f,
            "{:>12}  {stack:<11} {round_trips} round trips to the first answer, connected in {connecting}, \
             ping {ping}, echo {rate}",
            ""
        )
    }
}

/// The way there and back.
const FAR: Duration = Duration::from_millis(100);
const PINGS: u32 = 5;
const ECHO_BYTES: u64 = 64 << 20;
