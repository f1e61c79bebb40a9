//! `sinew node`: a node that answers until it is told to end.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

use serde::Serialize;
use sinew::{
    Address, Event, Host, PeerId, dialable, echo,
    file_transfer::{self, Receiver},
};
use tracing::{debug, info, warn};

use crate::{
    Context,
    arguments::Node,
    explain,
    failure::{Failure, sentence},
    identity, signals,
    units::Bytes,
};

pub(crate) async fn run(arguments: &Node, context: &Context) -> Result<(), Failure> {
    let keypair = identity::of_node(arguments.key.as_deref())?;
    let host = Host::builder(keypair)
        .start()
        .await
        .map_err(|error| Failure::local("cannot start", &error))?;
    let events = host.events();
    host.serve(echo::PROTOCOL, echo::serve);
    let _receiver = match &arguments.receive {
        Some(folder) => Some(receive(&host, folder, context).await?),
        None => None,
    };
    if arguments.listen.is_empty() {
        listen_by_default(&host, context).await?;
    } else {
        for address in &arguments.listen {
            listen(&host, address, context).await?;
        }
    }
    tokio::spawn(log(events));
    signals::ended()
        .await
        .map_err(|error| Failure::local("cannot wait for signals", &error))?;
    info!("shutting down; a second signal hurries it");
    tokio::select! {
        () = host.shutdown() => {}
        Ok(()) = signals::ended() => {}
    }
    Ok(())
}

/// Listens on both families; one is enough.
async fn listen_by_default(host: &Host, context: &Context) -> Result<(), Failure> {
    let ipv4 = Address::quic((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT).into());
    let ipv6 = Address::quic((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
    let first = listen(host, &ipv4, context).await;
    match (first, listen(host, &ipv6, context).await) {
        (Ok(()), Ok(())) => Ok(()),
        (Ok(()), Err(failure)) => {
            info!(why = %failure.message(), "this node is not reached over IPv6");
            Ok(())
        }
        (Err(failure), Ok(())) => {
            warn!(why = %failure.message(), "this node is not reached over IPv4");
            Ok(())
        }
        (Err(failure), Err(_)) => Err(failure),
    }
}

async fn listen(host: &Host, address: &Address, context: &Context) -> Result<(), Failure> {
    let bound = host
        .listen(address.clone())
        .await
        .map_err(|error| explain::listen(&error, address))?;
    for address in dialable(bound.address()) {
        context.output.print(&Listening {
            address: address.with_peer(host.peer_id()),
        })?;
    }
    Ok(())
}

async fn receive(host: &Host, folder: &Path, context: &Context) -> Result<Receiver, Failure> {
    let output = context.output;
    let config = file_transfer::Config::default();
    let receiver = Receiver::open(host.runtime(), folder, config, move |event| {
        if let file_transfer::Event::Completed {
            peer,
            name,
            path,
            size,
            was_there,
            ..
        } = event
        {
            let received = Received {
                peer,
                name: name.as_str().into(),
                file: path,
                bytes: size,
                was_there,
            };
            // A node whose stdout was closed goes on.
            output.print(&received).ok();
        } else {
            log_transfer(&event);
        }
    })
    .await
    .map_err(|error| Failure::file(&error))?;
    host.serve(file_transfer::PROTOCOL, receiver.handler());
    info!(folder = %receiver.folder().display(), "files are received");
    Ok(receiver)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is for those who ask for more"
)]
/// Tells what happens to the node, until it has shut down.
async fn log(mut events: sinew::Events) {
    while let Some(event) = events.next().await {
        match event {
            Event::ConnectionOpened {
                peer,
                address,
                direction,
                ..
            } => {
                info!(%peer, %address, ?direction, "connected");
            }
            Event::ConnectionClosed {
                peer,
                reason,
                remaining,
                ..
            } => {
                info!(%peer, %reason, remaining, "disconnected");
            }
            Event::AddressChanged { peer, old, new, .. } => info!(%peer, %old, %new, "peer moved"),
            Event::InboundFailed { failure, .. } => {
                let why = sentence(&failure);
                info!(why, "somebody could not connect");
            }
            Event::LimitReached(exceeded) => warn!(%exceeded, "limit reached"),
            Event::Missed(count) => warn!(count, "events were lost to this log"),
            event => debug!(?event),
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is for those who ask for more"
)]
fn log_transfer(event: &file_transfer::Event) {
    match event {
        file_transfer::Event::Started {
            peer,
            name,
            size,
            offset,
            ..
        } => {
            info!(%peer, name = name.as_str(), size, offset, "a file is coming");
        }
        file_transfer::Event::Failed {
            peer, name, error, ..
        } => {
            let why = sentence(&**error);
            warn!(%peer, ?name, why, "a file was not received");
        }
        event => debug!(?event),
    }
}

/// An address at which the node can be dialed.
#[derive(Serialize)]
#[serde(tag = "event", rename = "listening")]
struct Listening {
    address: Address,
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listening {}", self.address)
    }
}

/// A file that came.
#[derive(Serialize)]
#[serde(tag = "event", rename = "received")]
struct Received {
    peer: PeerId,
    name: String,
    file: PathBuf,
    bytes: u64,
    /// Whether the same content had the name already.
    was_there: bool,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, bytes, peer, ..
        } = self;
        write!(
            f,
            "received {} ({}) from {peer}",
            file.display(),
            Bytes(*bytes)
        )
    }
}

const DEFAULT_PORT: u16 = 4001;
