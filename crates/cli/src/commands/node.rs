//! `sinew node`: a node that answers until it is told to end.

mod log;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Serialize;
use sinew::{
    Address, Host, PeerId, dialable, echo,
    file_transfer::{self, Receiver},
    perf::{self, Responder},
};
use tracing::{info, warn};

use crate::{
    Context,
    arguments::{Node, Stack},
    explain,
    failure::Failure,
    host, identity,
    output::Output,
    signals::Signals,
    units::Bytes,
};

pub(crate) async fn run(arguments: &Node, context: &Context) -> Result<(), Failure> {
    // Whoever reads an address may end the node from then on.
    let mut signals = Signals::listen()?;
    let keypair = identity::of_node(arguments.key.as_deref())?;
    let host = host::start(keypair, arguments.stack, None).await?;
    tokio::spawn(log::follow(host.events()));
    let serving = serve(&host, arguments, context.output).await;
    if serving.is_ok() {
        signals.next().await;
        info!("shutting down; a second signal hurries it");
    }
    host::shut_down(&[&host], &mut signals).await;
    serving.map(drop)
}

/// Serves what was asked for, and only then says where.
async fn serve(host: &Host, arguments: &Node, output: Output) -> Result<Option<Receiver>, Failure> {
    host.serve(echo::PROTOCOL, echo::serve);
    if arguments.perf {
        serve_perf(host);
    }
    let receiver = match &arguments.receive {
        Some(folder) => Some(receive(host, folder, output).await?),
        None => None,
    };
    if arguments.listen.is_empty() {
        listen_by_default(host, arguments.stack, output).await?;
    }
    for address in &arguments.listen {
        listen(host, address, output).await?;
    }
    Ok(receiver)
}

fn serve_perf(host: &Host) {
    let responder = Responder::new(host.runtime(), perf::Config::default());
    host.serve(perf::PROTOCOL, move |stream| {
        let responder = responder.clone();
        async move { responder.serve(stream).await }
    });
    info!("perf is served: whoever connects can have this node send and receive as fast as it can");
}

/// Listens on both families and over all transports; one place is enough.
async fn listen_by_default(host: &Host, stack: Stack, output: Output) -> Result<(), Failure> {
    let anywhere = [
        (IpAddr::from(Ipv4Addr::UNSPECIFIED), "IPv4"),
        (Ipv6Addr::UNSPECIFIED.into(), "IPv6"),
    ];
    let mut failures = Vec::new();
    let mut listens = false;
    for (ip, family) in anywhere {
        let place = SocketAddr::new(ip, DEFAULT_PORT);
        let quic = stack.has_quic().then(|| (Address::quic(place), "QUIC"));
        let tcp = stack.has_tcp().then(|| (Address::tcp(place), "TCP"));
        for (address, transport) in quic.into_iter().chain(tcp) {
            match listen(host, &address, output).await {
                Ok(()) => listens = true,
                Err(failure) => failures.push((failure, transport, family)),
            }
        }
    }
    if !listens && let Some((failure, ..)) = failures.pop() {
        return Err(failure);
    }
    for (failure, transport, family) in failures {
        let why = failure.message();
        // Many machines have no IPv6.
        if family == "IPv6" {
            info!(
                why,
                "this node is not reached over {transport} and {family}"
            );
        } else {
            warn!(
                why,
                "this node is not reached over {transport} and {family}"
            );
        }
    }
    Ok(())
}

async fn listen(host: &Host, address: &Address, output: Output) -> Result<(), Failure> {
    let bound = host
        .listen(address.clone())
        .await
        .map_err(|error| explain::listen(&error, address))?;
    for address in dialable(bound.address()) {
        output.print(&Listening {
            address: address.with_peer(host.peer_id()),
        })?;
    }
    Ok(())
}

async fn receive(host: &Host, folder: &Path, output: Output) -> Result<Receiver, Failure> {
    let config = file_transfer::Config::default();
    let on_event = move |event| match Received::from_event(event) {
        // A node whose stdout was closed goes on.
        Ok(received) => drop(output.print(&received)),
        Err(event) => log::transfer(&event),
    };
    let receiver = Receiver::open(host.runtime(), folder, config, on_event)
        .await
        .map_err(|error| Failure::file(&error).advise("give another folder with --receive"))?;
    host.serve(file_transfer::PROTOCOL, receiver.handler());
    info!(folder = %receiver.folder().display(), "files are received");
    Ok(receiver)
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

impl Received {
    fn from_event(event: file_transfer::Event) -> Result<Self, file_transfer::Event> {
        let file_transfer::Event::Completed {
            peer,
            name,
            path,
            size,
            was_there,
            ..
        } = event
        else {
            return Err(event);
        };
        Ok(Self {
            peer,
            name: name.as_str().into(),
            file: path,
            bytes: size,
            was_there,
        })
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, size, peer) = (self.file.display(), Bytes(self.bytes), self.peer);
        if self.was_there {
            return write!(
                f,
                "{file} was there already ({size}); {peer} offered it again"
            );
        }
        write!(f, "received {file} ({size}) from {peer}")
    }
}

const DEFAULT_PORT: u16 = 4001;
