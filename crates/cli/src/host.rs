//! Hosts, as every command starts and ends them.

use std::time::Duration;

use sinew::{Host, HostBuilder, Keypair};
use tracing::info;

use crate::{arguments::Stack, failure::Failure, signals::Signals};

/// Starts a host that listens nowhere yet. `dial_timeout` is how long it may take to connect.
pub(crate) async fn start(
    keypair: Keypair,
    stack: Stack,
    dial_timeout: Option<Duration>,
) -> Result<Host, Failure> {
    started(builder(keypair, stack, dial_timeout)).await
}

/// Describes a host.
pub(crate) fn builder(
    keypair: Keypair,
    stack: Stack,
    dial_timeout: Option<Duration>,
) -> HostBuilder {
    let mut tcp = sinew::tcp::Config::default();
    tcp.protocol.securities = stack.securities();
    let mut builder = Host::builder(keypair);
    if let Some(timeout) = dial_timeout {
        let mut quic = sinew::quic::Config::default();
        quic.protocol.handshake_timeout = timeout;
        tcp.connect_timeout = timeout;
        tcp.protocol.handshake_timeout = timeout;
        let mut swarm = sinew::Config::default();
        // The handshake's limit knows more about what went wrong; this one only has to come later.
        swarm.dial_timeout = timeout + Duration::from_secs(1);
        builder = builder.quic(quic).config(swarm);
    }
    stack.narrow(builder.tcp(tcp))
}

/// Starts the host that was described.
pub(crate) async fn started(builder: HostBuilder) -> Result<Host, Failure> {
    let started = builder.start().await;
    started.map_err(|error| Failure::local("cannot start", &error))
}

/// Does `work` unless a signal comes first, and then ends `hosts` so that their peers know.
pub(crate) async fn run(
    hosts: &[&Host],
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let result = tokio::select! {
        biased;
        () = signals.next() => Err(Failure::interrupted()),
        result = work => result,
    };
    shut_down(hosts, &mut signals).await;
    result
}

/// Lets open streams finish and tells the peers. A signal hurries it, and one more gives up.
pub(crate) async fn shut_down(hosts: &[&Host], signals: &mut Signals) {
    for hint in ["hurrying; one more signal gives up", "giving up"] {
        let done = futures_util::future::join_all(hosts.iter().map(|host| host.shutdown()));
        tokio::select! {
            biased;
            _ = done => return,
            () = signals.next() => info!("{hint}"),
        }
    }
}
