//! Ping, both sides, with the feature `ping`.

use std::time::Duration;

use rand::rngs::StdRng;
use sinew_identity::PeerId;
use sinew_ping::{Config, PROTOCOL, Responder};
use sinew_swarm::OpenStreamError;

use crate::Host;

/// Pings one peer over one stream.
pub type Pinger = sinew_ping::Pinger<StdRng>;

/// Why a peer was not pinged.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PingError {
    /// There is no stream to ping over.
    #[error(transparent)]
    OpenStream(#[from] OpenStreamError),
    /// The ping was not answered.
    #[error(transparent)]
    Ping(#[from] sinew_ping::PingError),
}

impl Host {
    /// Pings a connected peer once, and returns how long the answer took.
    ///
    /// # Errors
    ///
    /// The peer is not connected, does not speak ping, or does not answer in time.
    pub async fn ping(&self, peer: PeerId) -> Result<Duration, PingError> {
        let mut pinger = self.pinger(peer).await?;
        let round_trip = pinger.ping().await?;
        pinger.close().await;
        Ok(round_trip)
    }

    /// Opens a stream to ping a connected peer over, as often as one likes.
    ///
    /// # Errors
    ///
    /// As for [`open_stream`](Self::open_stream).
    pub async fn pinger(&self, peer: PeerId) -> Result<Pinger, OpenStreamError> {
        let stream = self.open_stream(peer, PROTOCOL).await?;
        let runtime = self.inner.runtime.clone();
        Ok(Pinger::new(
            stream,
            self.inner.chance.rng(),
            runtime,
            Config::default(),
        ))
    }
}

/// Answers pings.
pub(crate) fn start(host: &Host) {
    let responder = Responder::default();
    host.serve(PROTOCOL, move |stream| {
        let responder = responder.clone();
        async move { responder.serve(stream).await }
    });
}
