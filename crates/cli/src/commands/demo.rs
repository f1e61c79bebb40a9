//! `sinew demo`: two hosts on this machine, from handshake to a transferred file.

mod compare;
mod far;
mod steps;
mod transfer;

use std::net::Ipv4Addr;

use sinew::{
    Address, Host, Keypair, Protocol,
    echo::{self, pattern},
};

use self::steps::Steps;
use crate::{
    Context,
    arguments::{Demo, Stack},
    explain,
    failure::Failure,
    host,
    session::Session,
    units::{Bytes, Span},
};

pub(crate) async fn run(arguments: &Demo, context: &Context) -> Result<(), Failure> {
    let mut steps = Steps::new(context);
    let alice = host::start(Keypair::generate_ed25519(), Stack::default(), None).await?;
    let bob = host::start(Keypair::generate_ed25519(), Stack::default(), None).await?;
    let identities = format!("alice is {}\nbob is   {}", alice.peer_id(), bob.peer_id());
    steps.done("identities", identities)?;
    host::run(&[&alice, &bob], show(arguments, &mut steps, &alice, &bob)).await?;
    steps.done("goodbye", "both said that they leave, and closed")?;
    steps.end()
}

async fn show(
    arguments: &Demo,
    steps: &mut Steps<'_>,
    alice: &Host,
    bob: &Host,
) -> Result<(), Failure> {
    let address = listen(steps, bob).await?;
    let session = Session::connect(alice, &address).await?;
    steps.done(
        "handshake",
        "alice is connected over QUIC; each has proven to the other who it is",
    )?;
    identify(steps, &session).await?;
    pings(steps, &session).await?;
    echo_back(steps, &session, bob).await?;
    transfer::run(arguments, steps, &session, bob).await?;
    compare::run(steps.context, bob).await?;
    steps.done(
        "compared",
        "bob was dialed over each transport, from here and from afar",
    )
}

/// Has bob listen over each transport, and returns where QUIC is.
async fn listen(steps: &mut Steps<'_>, bob: &Host) -> Result<Address, Failure> {
    let free_port = (Ipv4Addr::LOCALHOST, 0).into();
    let quic = listen_at(bob, Address::quic(free_port)).await?;
    let tcp = listen_at(bob, Address::tcp(free_port)).await?;
    steps.done("addresses", format!("bob listens at {quic}\nand at {tcp}"))?;
    Ok(quic.with_peer(bob.peer_id()))
}

async fn listen_at(host: &Host, address: Address) -> Result<Address, Failure> {
    let listener = host.listen(address.clone()).await;
    let listener = listener.map_err(|error| explain::listen(&error, &address))?;
    Ok(listener.address().clone())
}

async fn identify(steps: &mut Steps<'_>, session: &Session) -> Result<(), Failure> {
    let info = session.identify().await?;
    let program = info.agent_version.as_deref().unwrap_or("something");
    let protocols: Vec<_> = info.protocols.iter().map(Protocol::as_str).collect();
    let protocols = protocols.join(", ");
    let mut detail = format!("bob runs {program}\nand speaks {protocols}");
    if let Some(observed) = &info.observed_address {
        detail = format!("{detail}\nand sees alice at {observed}");
    }
    steps.done("identify", detail)
}

async fn pings(steps: &mut Steps<'_>, session: &Session) -> Result<(), Failure> {
    let mut pinger = session.pinger().await?;
    for number in 1..=PINGS {
        let round_trip = pinger
            .ping()
            .await
            .map_err(|error| session.explain_ping(&error))?;
        let round_trip = Span(round_trip);
        steps.done("ping", format!("{number} of {PINGS}: {round_trip}"))?;
    }
    pinger.close().await;
    Ok(())
}

async fn echo_back(steps: &mut Steps<'_>, session: &Session, bob: &Host) -> Result<(), Failure> {
    bob.serve(echo::PROTOCOL, echo::serve);
    let rate = session.echo(&echo::PROTOCOL, pattern(ECHO_BYTES)).await?;
    let bytes = Bytes(rate.bytes);
    let detail = format!("{bytes} went to bob and came back unchanged, {rate}");
    steps.done("echo", detail)
}

const PINGS: u32 = 5;
const ECHO_BYTES: u64 = 1 << 20;
