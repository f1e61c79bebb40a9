//! The dialing side: one connection, everything tried on it, one report.

use std::time::Duration;

use futures::StreamExt as _;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Swarm, identify, ping};
use serde::Serialize;

use crate::error::Error;
use crate::host::{self, Behaviour, BehaviourEvent};
use crate::{Options, echo};

/// What is printed: the parts that were reached, and the error that ended it, if one did.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    pub(crate) ok: bool,
    implementation: &'static str,
    version: &'static str,
    peer: Option<String>,
    identify: Option<Identified>,
    ping_ms: Vec<f64>,
    echo: Option<Echoed>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Identified {
    agent: String,
    protocol_version: String,
    protocols: Vec<String>,
    listen_addresses: Vec<String>,
    observed_address: String,
}

#[derive(Serialize)]
struct Echoed {
    bytes: usize,
    ms: f64,
}

impl Report {
    /// Keeps the first error: what comes after it may follow from it.
    fn note(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.to_string());
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report has only text keys")
    }
}

/// Dials, and reports how far it came.
pub(crate) async fn run(address: Multiaddr, options: &Options) -> Report {
    let mut report = Report {
        implementation: "rust-libp2p",
        version: host::version(),
        ..Report::default()
    };
    let attempt = tokio::time::timeout(TIME_LIMIT, attempt(address, options, &mut report)).await;
    let outcome = attempt.unwrap_or(Err(Error::TimedOut(TIME_LIMIT.as_secs())));
    if let Err(error) = outcome {
        report.note(&error);
    }
    report.ok = report.error.is_none();
    // What was dropped says goodbye in tasks of its own.
    tokio::time::sleep(GOODBYE).await;
    report
}

async fn attempt(address: Multiaddr, options: &Options, report: &mut Report) -> Result<(), Error> {
    let peer = peer_of(&address).ok_or(Error::NoPeerId)?;
    report.peer = Some(peer.to_string());
    let mut swarm = host::new(options)?;
    swarm.dial(address)?;
    let mut tried = Tried::default();
    while !(tried.identify && tried.ping) {
        step(&mut swarm, report, &mut tried).await?;
    }
    let control = swarm.behaviour().stream.new_control();
    let mut echo = std::pin::pin!(echo::request(control, peer, ECHO_BYTES));
    let elapsed = loop {
        tokio::select! {
            elapsed = &mut echo => break elapsed?,
            stepped = step(&mut swarm, report, &mut tried) => stepped?,
        }
    };
    report.echo = Some(Echoed {
        bytes: ECHO_BYTES,
        ms: milliseconds(elapsed),
    });
    Ok(())
}

/// What came to an end, well or not. One protocol that fails does not keep the others from being tried.
#[derive(Default)]
struct Tried {
    identify: bool,
    ping: bool,
}

/// Waits for one event and takes what it says into the report.
async fn step(
    swarm: &mut Swarm<Behaviour>,
    report: &mut Report,
    tried: &mut Tried,
) -> Result<(), Error> {
    match swarm.select_next_some().await {
        SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => match event {
            identify::Event::Received { info, .. } => {
                report.identify = Some(info.into());
                tried.identify = true;
            }
            identify::Event::Error { error, .. } if !tried.identify => {
                report.note(&Error::Identify(error.to_string()));
                tried.identify = true;
            }
            event => eprintln!("{event:?}"),
        },
        SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { result, .. })) if !tried.ping => {
            match result {
                Ok(round_trip) => {
                    report.ping_ms.push(milliseconds(round_trip));
                    tried.ping = report.ping_ms.len() == PINGS;
                }
                Err(failure) => {
                    report.note(&failure.into());
                    tried.ping = true;
                }
            }
        }
        SwarmEvent::OutgoingConnectionError { error, .. } => return Err(error.into()),
        SwarmEvent::ConnectionClosed { cause, .. } => {
            let cause = cause.map_or_else(|| "by the peer".to_owned(), |error| error.to_string());
            return Err(Error::Closed(cause));
        }
        event => eprintln!("{event:?}"),
    }
    Ok(())
}

impl From<identify::Info> for Identified {
    fn from(info: identify::Info) -> Self {
        let mut protocols: Vec<_> = info.protocols.iter().map(ToString::to_string).collect();
        protocols.sort_unstable();
        Self {
            agent: info.agent_version,
            protocol_version: info.protocol_version,
            protocols,
            listen_addresses: info.listen_addrs.iter().map(ToString::to_string).collect(),
            observed_address: info.observed_addr.to_string(),
        }
    }
}

pub(crate) fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().find_map(|part| match part {
        Protocol::P2p(peer) => Some(peer),
        _ => None,
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

const PINGS: usize = 5;
const ECHO_BYTES: usize = 1024 * 1024;

/// For everything together. Far more than it takes, and less than the harness waits.
const TIME_LIMIT: Duration = Duration::from_secs(30);

const GOODBYE: Duration = Duration::from_millis(100);
