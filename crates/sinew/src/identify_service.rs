//! Identify, both sides, with the feature `identify`.
//!
//! Who asks is answered; who is connected is told when our addresses or protocols change; what peers say, asked
//! or by themselves, is kept as long as they are connected.

mod known;
mod ourselves;
mod push;

use std::{sync::Arc, time::Duration};

use sinew_identify::{Info, PROTOCOL, PUSH_PROTOCOL, ask, receive_push};
use sinew_identity::{Keypair, PeerId};
use sinew_swarm::OpenStreamError;
use tokio::sync::broadcast;

use crate::{Host, HostBuilder, host::Inner};
use known::Known;
use ourselves::Ourselves;

/// What a host says about itself, and what it does not find out.
#[derive(Debug)]
pub(crate) struct Options {
    agent_version: String,
}

/// The part of a host that identifies.
#[derive(Debug)]
pub(crate) struct Service {
    ourselves: Ourselves,
    known: Arc<Known>,
}

/// Why a peer was not identified.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifyError {
    /// There is no stream to ask on.
    #[error(transparent)]
    OpenStream(#[from] OpenStreamError),
    /// The answer did not come, or breaks a rule.
    #[error(transparent)]
    Identify(#[from] sinew_identify::IdentifyError),
    /// The peer does not answer.
    #[error("the peer did not say who it is within {after:?}")]
    TimedOut {
        /// The limit.
        after: Duration,
    },
}

/// What a peer said about itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PeerIdentified {
    /// Who.
    pub peer: PeerId,
    /// All that is known from it, this and what it said before.
    pub info: Arc<Info>,
}

/// What peers say about themselves, from the moment of [`Host::identified`] on.
#[derive(Debug)]
pub struct Identified(broadcast::Receiver<PeerIdentified>);

impl Identified {
    /// Waits until a peer says something about itself, asked or not; `None` once the host is gone. A reader
    /// that is too slow misses the oldest. Cancel-safe.
    pub async fn next(&mut self) -> Option<PeerIdentified> {
        loop {
            match self.0.recv().await {
                Ok(identified) => return Some(identified),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Host {
    /// Asks a connected peer who it is, where it can be reached, what it speaks, and where it sees us.
    ///
    /// # Errors
    ///
    /// The peer is not connected, does not speak identify, or does not answer within ten seconds.
    pub async fn identify(&self, peer: PeerId) -> Result<Arc<Info>, IdentifyError> {
        let asking = async {
            let stream = self.open_stream(peer, PROTOCOL).await?;
            Ok::<_, IdentifyError>(ask(stream).await?)
        };
        let asked = self.inner.runtime.timeout(TIMEOUT, asking).await;
        let info = asked.map_err(|elapsed| IdentifyError::TimedOut { after: elapsed.0 })??;
        let known = &self.inner.identify.known;
        Ok(known.replace(peer, info, || self.inner.swarm.is_connected(peer)))
    }

    /// Returns what a connected peer said about itself last, asked or by itself.
    pub fn known_info(&self, peer: PeerId) -> Option<Arc<Info>> {
        self.inner.identify.known.get(peer)
    }

    /// Returns what peers say about themselves from here on.
    pub fn identified(&self) -> Identified {
        Identified(self.inner.identify.known.subscribe())
    }
}

impl HostBuilder {
    /// Names the program and its version to peers, as `name/version`.
    pub fn agent_version(mut self, agent_version: impl Into<String>) -> Self {
        self.identify.agent_version = agent_version.into();
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            agent_version: concat!("sinew/", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}

impl Options {
    /// Makes the part of the host that identifies; `keypair` signs what it says.
    pub(crate) fn service(self, keypair: Keypair) -> Service {
        Service {
            ourselves: Ourselves::new(keypair, self.agent_version),
            known: Arc::default(),
        }
    }
}

/// Answers, takes what is pushed, and pushes what changes.
///
/// Nothing here keeps the host alive.
pub(crate) fn start(host: &Host) {
    let inner = Arc::downgrade(&host.inner);
    host.serve(PROTOCOL, move |stream| {
        let inner = inner.clone();
        async move {
            let Some(answer) = inner.upgrade().map(|inner| inner.answer(&stream)) else {
                return Ok(());
            };
            answer.send(stream).await
        }
    });
    let inner = Arc::downgrade(&host.inner);
    host.serve(PUSH_PROTOCOL, move |stream| {
        let inner = inner.clone();
        let runtime = inner.upgrade().map(|inner| inner.runtime.clone());
        async move {
            let Some(runtime) = runtime else {
                return Ok(());
            };
            let peer = stream.peer();
            let pushed = runtime.timeout(TIMEOUT, receive_push(stream)).await;
            let pushed =
                pushed.map_err(|elapsed| IdentifyError::TimedOut { after: elapsed.0 })??;
            if let Some(inner) = inner.upgrade() {
                let known = &inner.identify.known;
                known.update(peer, pushed, || inner.swarm.is_connected(peer));
            }
            Ok::<_, IdentifyError>(())
        }
    });
    push::start(host);
}

impl Inner {
    fn answer(&self, stream: &sinew_transport::Stream) -> ourselves::Answer {
        let connection = self.swarm.connection(stream.connection());
        ourselves::Answer {
            local: self.identify.ourselves.now(self),
            observed: connection.map(|it| it.remote_address),
        }
    }
}

/// How long a conversation may take; it is one round trip.
const TIMEOUT: Duration = Duration::from_secs(10);
