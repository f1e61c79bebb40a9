//! `sinew demo`: two hosts on this machine, from handshake to a transferred file.

use std::{
    fmt,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use serde::Serialize;
use sinew::{
    Address, Host, Keypair, PeerId,
    echo::{self, echo, pattern},
};

use crate::{
    Context,
    arguments::Demo,
    explain,
    failure::Failure,
    signals,
    units::{Bytes, Rate, Span, milliseconds},
};

mod transfer;

pub(crate) async fn run(arguments: &Demo, context: &Context) -> Result<(), Failure> {
    let mut steps = Steps::new(context);
    let alice = start().await?;
    let bob = start().await?;
    let identities = format!("alice is {}\nbob is {}", alice.peer_id(), bob.peer_id());
    steps.done("identities", identities)?;
    let result = tokio::select! {
        biased;
        Ok(()) = signals::ended() => Err(Failure::interrupted()),
        result = show(arguments, &mut steps, &alice, &bob) => result,
    };
    tokio::join!(alice.shutdown(), bob.shutdown());
    result?;
    steps.done("goodbye", "both hosts told each other and closed")
}

async fn show(
    arguments: &Demo,
    steps: &mut Steps<'_>,
    alice: &Host,
    bob: &Host,
) -> Result<(), Failure> {
    let free_port = Address::quic((Ipv4Addr::LOCALHOST, 0).into());
    let listener = bob
        .listen(free_port.clone())
        .await
        .map_err(|error| explain::listen(&error, &free_port))?;
    let address = listener.address().clone().with_peer(bob.peer_id());
    steps.done("listening", format!("bob listens at {address}"))?;

    let peer = alice
        .connect(address.clone())
        .await
        .map_err(|error| explain::connect(&error, &address))?;
    steps.done(
        "handshake",
        "alice connected over QUIC; each has proven to the other who it is",
    )?;

    identify(steps, alice, peer, &address).await?;
    pings(steps, alice, peer, &address).await?;

    bob.serve(echo::PROTOCOL, echo::serve);
    let stream = alice
        .open_stream(peer, echo::PROTOCOL)
        .await
        .map_err(|error| explain::open_stream(&error, peer, &address))?;
    let bytes = echo(stream, pattern(ECHO_BYTES))
        .await
        .map_err(|error| explain::echo(&error, peer, &address))?;
    let time = steps.elapsed();
    let rate = Rate { bytes, time };
    steps.done(
        "echo",
        format!(
            "{} went to bob and came back unchanged, {rate}",
            Bytes(bytes)
        ),
    )?;

    transfer::run(arguments, steps, alice, bob, &address).await
}

async fn identify(
    steps: &mut Steps<'_>,
    alice: &Host,
    peer: PeerId,
    address: &Address,
) -> Result<(), Failure> {
    let identified = alice
        .identify(peer)
        .await
        .map_err(|error| explain::identify(&error, peer, address))?;
    let protocols = identified.protocols.iter().map(ToString::to_string);
    let protocols: Vec<_> = protocols.collect();
    steps.done(
        "identify",
        format!(
            "bob runs {} and speaks {}",
            identified.agent_version.as_deref().unwrap_or("something"),
            protocols.join(", ")
        ),
    )
}

async fn pings(
    steps: &mut Steps<'_>,
    alice: &Host,
    peer: PeerId,
    address: &Address,
) -> Result<(), Failure> {
    let mut pinger = alice
        .pinger(peer)
        .await
        .map_err(|error| explain::open_stream(&error, peer, address))?;
    for number in 1..=PINGS {
        let round_trip = pinger
            .ping()
            .await
            .map_err(|error| explain::ping(&error, peer, address))?;
        steps.done(
            "ping",
            format!(
                "{number} of {PINGS}: there and back in {}",
                Span(round_trip)
            ),
        )?;
    }
    pinger.close().await;
    Ok(())
}

async fn start() -> Result<Host, Failure> {
    Host::builder(Keypair::generate_ed25519())
        .start()
        .await
        .map_err(|error| Failure::local("cannot start", &error))
}

/// Tells what was done and how long each step took.
struct Steps<'a> {
    context: &'a Context,
    begun: Instant,
}

impl<'a> Steps<'a> {
    fn new(context: &'a Context) -> Self {
        Self {
            context,
            begun: Instant::now(),
        }
    }

    /// Returns how long the present step has taken.
    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Ends the present step and begins the next.
    fn done(&mut self, step: &'static str, detail: impl Into<String>) -> Result<(), Failure> {
        let time = self.begun.elapsed();
        self.context.output.print(&Step {
            step,
            detail: detail.into(),
            time_ms: milliseconds(time),
            time,
        })?;
        self.begun = Instant::now();
        Ok(())
    }
}

/// One step.
#[derive(Serialize)]
#[serde(tag = "event", rename = "step")]
struct Step {
    step: &'static str,
    detail: String,
    time_ms: f64,
    #[serde(skip)]
    time: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Span(self.time).to_string();
        write!(f, "{time:>12}  {:<10}  ", self.step)?;
        let mut lines = self.detail.lines();
        f.write_str(lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| write!(f, "\n{:26}{line}", ""))
    }
}

const PINGS: u32 = 5;
const ECHO_BYTES: u64 = 1 << 20;
