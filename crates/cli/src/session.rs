//! A conversation with one peer, in which every failure is explained.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::try_join_all;
use sinew::{
    Address, ConnectionInfo, Host, PeerId, Pinger, Protocol, Runtime, Stream,
    echo::echo,
    file_transfer::{self, Outgoing, SendConfig, Sender, Sent},
    identify::Info,
    perf::{self, Report, Run},
    ping::PingError,
};
use sinew_multiaddr::TransportKind;
use tracing::debug;

use crate::{
    arguments,
    carrier::Carrier,
    explain::{self, Remote},
    failure::Failure,
    host, identity, probe,
    progress::TransferBar,
    units::Rate,
};

/// A connection to one peer.
pub(crate) struct Session {
    host: Host,
    remote: Remote,
    connecting: Duration,
}

/// What is known about the path to the peer; `None` where the transport cannot tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathStats {
    pub(crate) rtt: Option<Duration>,
    pub(crate) mtu_bytes: Option<u16>,
    /// Those that this side sent.
    pub(crate) lost_packets: Option<u64>,
}

impl Session {
    /// Connects to the peer that was named on the command line, lets `work` do its work, and closes the
    /// connection in good order, however it went.
    pub(crate) async fn run(
        peer: &arguments::Peer,
        work: impl AsyncFnOnce(&Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let keypair = identity::of_client(peer.key.as_deref())?;
        let host = host::start(keypair, peer.stack, Some(peer.timeout)).await?;
        host::run(&[&host], async {
            let session = Self::connect(&host, &peer.address).await?;
            work(&session).await
        })
        .await
    }

    /// Connects `host` to whoever is at `address`.
    pub(crate) async fn connect(host: &Host, address: &Address) -> Result<Self, Failure> {
        let started = Instant::now();
        let peer = dial(host, address).await?;
        let connecting = started.elapsed();
        debug!(%peer, %address, ?connecting, "connected");
        Ok(Self {
            host: host.clone(),
            remote: Remote {
                peer,
                address: address.clone(),
            },
            connecting,
        })
    }

    /// Returns who is at the other end.
    pub(crate) fn peer(&self) -> PeerId {
        self.remote.peer
    }

    /// Returns how long it took to connect, handshake included.
    pub(crate) fn connecting(&self) -> Duration {
        self.connecting
    }

    /// Returns how the connection carries streams; `None` once it is over.
    pub(crate) fn carrier(&self) -> Option<Carrier> {
        Some(Carrier::of(&self.connection()?))
    }

    /// Asks the peer who it is.
    pub(crate) async fn identify(&self) -> Result<Arc<Info>, Failure> {
        let asked = self.host.identify(self.peer()).await;
        asked.map_err(|error| explain::identify(&error, &self.remote))
    }

    /// Opens a stream to ping over.
    pub(crate) async fn pinger(&self) -> Result<Pinger, Failure> {
        let opened = self.host.pinger(self.peer()).await;
        opened.map_err(|error| explain::open_stream(&error, &self.remote))
    }

    /// Explains why a ping was not answered.
    pub(crate) fn explain_ping(&self, error: &PingError) -> Failure {
        explain::ping(error, &self.remote)
    }

    /// Sends `data` and compares all of it with what comes back.
    pub(crate) async fn echo<D>(&self, protocol: &Protocol, data: D) -> Result<Rate, Failure>
    where
        D: IntoIterator<Item = Bytes, IntoIter: Clone>,
    {
        let started = Instant::now();
        let stream = self.open_stream(protocol).await?;
        let returned = echo(stream, data).await;
        let bytes = returned.map_err(|error| explain::echo(&error, &self.remote))?;
        Ok(Rate {
            bytes,
            time: started.elapsed(),
        })
    }

    /// Measures over so many streams at once, if there is something to measure.
    pub(crate) async fn perf(
        &self,
        run: Option<Run>,
        streams: u16,
    ) -> Result<Option<Report>, Failure> {
        let Some(run) = run else {
            return Ok(None);
        };
        let protocol = perf::PROTOCOL;
        let opening = (0..streams).map(|_| self.open_stream(&protocol));
        let measured = run.over(try_join_all(opening).await?).await;
        measured
            .map(Some)
            .map_err(|error| explain::perf(&error, streams, &self.remote))
    }

    /// Returns what is known about the path to the peer; `None` once the connection is over.
    pub(crate) fn path(&self) -> Option<PathStats> {
        let connection = self.connection()?;
        let stats = self.host.swarm().stats(connection.id)?;
        Some(PathStats {
            rtt: stats.rtt,
            mtu_bytes: stats.mtu_bytes,
            lost_packets: stats.lost_packets,
        })
    }

    /// Returns the clock and the tasks of this side.
    pub(crate) fn runtime(&self) -> &Runtime {
        self.host.runtime()
    }

    /// Sends a file over a stream of its own.
    pub(crate) async fn send(&self, file: &Outgoing, bar: &TransferBar) -> Result<Sent, Failure> {
        let stream = self.open_stream(&file_transfer::PROTOCOL).await?;
        Sender::new(self.host.runtime(), SendConfig::default())
            .send(stream, file, |progress| bar.show(progress))
            .await
            .map_err(|error| explain::send(&error, file.path(), &self.remote))
    }

    fn connection(&self) -> Option<ConnectionInfo> {
        let connections = self.host.connections();
        connections.into_iter().find(|it| it.peer == self.peer())
    }

    async fn open_stream(&self, protocol: &Protocol) -> Result<Stream, Failure> {
        let opened = self.host.open_stream(self.peer(), protocol).await;
        opened.map_err(|error| explain::open_stream(&error, &self.remote))
    }
}

/// Reads a file, so that it can be sent.
pub(crate) async fn open_file(path: &Path, bar: &TransferBar) -> Result<Outgoing, Failure> {
    let opened = Outgoing::open(path, |progress| bar.show(progress)).await;
    opened.map_err(|error| Failure::file(&error))
}

async fn dial(host: &Host, address: &Address) -> Result<PeerId, Failure> {
    let dialing = host.connect(address.clone());
    // TCP says by itself what UDP has to be asked.
    let udp = address
        .socket_addr()
        .filter(|_| address.transport() == Some(TransportKind::QuicV1));
    let Some(remote) = udp else {
        return dialing
            .await
            .map_err(|error| explain::connect(&error, address));
    };
    tokio::select! {
        biased;
        dialed = dialing => dialed.map_err(|error| explain::connect(&error, address)),
        error = probe::refusal(remote) => Err(explain::unreachable(remote, &error)),
    }
}
