//! A host that talks to one peer and ends.

use std::time::{Duration, Instant};

use sinew::{Address, Host, PeerId, Protocol, Stream};

use crate::{arguments::Peer, explain, failure::Failure, identity, signals};

/// A connection to the peer that was named on the command line.
pub(crate) struct Session {
    pub(crate) host: Host,
    pub(crate) peer: PeerId,
    address: Address,
    /// How long it took to connect.
    #[expect(dead_code, reason = "kept for the commands that tell it")]
    pub(crate) connecting: Duration,
}

impl Session {
    /// Connects, lets `work` do its work, and closes the connection in good order, however it went.
    pub(crate) async fn run(
        peer: &Peer,
        work: impl AsyncFnOnce(&Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let host = start(peer).await?;
        let result = tokio::select! {
            biased;
            // Where there are no signals the command cannot be interrupted, and that is all.
            Ok(()) = signals::ended() => Err(Failure::interrupted()),
            result = async {
                let session = Self::connect(&host, &peer.address).await?;
                work(&session).await
            } => result,
        };
        host.shutdown().await;
        result
    }

    async fn connect(host: &Host, address: &Address) -> Result<Self, Failure> {
        let started = Instant::now();
        let peer = host
            .connect(address.clone())
            .await
            .map_err(|error| explain::connect(&error, address))?;
        Ok(Self {
            host: host.clone(),
            peer,
            address: address.clone(),
            connecting: started.elapsed(),
        })
    }

    /// Opens a stream for one protocol.
    pub(crate) async fn open_stream(&self, protocol: &Protocol) -> Result<Stream, Failure> {
        self.host
            .open_stream(self.peer, protocol)
            .await
            .map_err(|error| explain::open_stream(&error, self.peer, &self.address))
    }

    /// Returns the address that was dialed.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }
}

async fn start(peer: &Peer) -> Result<Host, Failure> {
    let keypair = identity::of_client(peer.key.as_deref())?;
    let mut quic = sinew::quic::Config::default();
    quic.protocol.handshake_timeout = peer.timeout;
    let mut swarm = sinew::Config::default();
    // The handshake's limit knows more about what went wrong; this one only has to come later.
    swarm.dial_timeout = peer.timeout + Duration::from_secs(1);
    Host::builder(keypair)
        .quic(quic)
        .config(swarm)
        .start()
        .await
        .map_err(|error| Failure::local("cannot start", &error))
}
