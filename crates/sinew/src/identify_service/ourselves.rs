//! What this host says about itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use sinew_identify::{IdentifyError, LocalInfo};
use sinew_identity::{Keypair, SignedEnvelope};
use sinew_multiaddr::{Address, PeerRecord};
use sinew_transport::{Stream, negotiate::Protocols};
use tracing::debug;

use crate::{host::Inner, interfaces::dialable};

/// What this host says about itself, made again when something of it changed.
#[derive(Debug)]
pub(crate) struct Ourselves {
    keypair: Keypair,
    agent_version: String,
    last: Mutex<Option<Made>>,
}

/// What was said last, and what it was made of.
#[derive(Debug)]
struct Made {
    bound: Vec<Address>,
    protocols: Protocols,
    local: Arc<LocalInfo>,
}

/// What one peer is told.
pub(crate) struct Answer {
    pub(crate) local: Arc<LocalInfo>,
    /// Where it is seen.
    pub(crate) observed: Option<Address>,
}

impl Answer {
    pub(crate) async fn send(self, stream: Stream) -> Result<(), IdentifyError> {
        sinew_identify::answer(stream, &self.local, self.observed.as_ref()).await
    }

    pub(crate) async fn push(self, stream: Stream) -> Result<(), IdentifyError> {
        sinew_identify::push(stream, &self.local, self.observed.as_ref()).await
    }
}

impl Ourselves {
    pub(crate) fn new(keypair: Keypair, agent_version: String) -> Self {
        Self {
            keypair,
            agent_version,
            last: Mutex::default(),
        }
    }

    /// Returns what is to be said now. The same value (by pointer) means that nothing changed.
    pub(crate) fn now(&self, host: &Inner) -> Arc<LocalInfo> {
        let bound = host.swarm.listen_addresses();
        let protocols = host.swarm.protocols();
        // Nothing panics while the lock is held.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*last
            && made.bound == bound
            && made.protocols == protocols
        {
            return made.local.clone();
        }
        let local = Arc::new(self.make(host, &bound, &protocols));
        *last = Some(Made {
            bound,
            protocols,
            local: local.clone(),
        });
        local
    }

    fn make(&self, host: &Inner, bound: &[Address], protocols: &Protocols) -> LocalInfo {
        let listen_addresses: Vec<_> = bound.iter().flat_map(dialable).collect();
        LocalInfo {
            public_key: self.keypair.public(),
            protocol_version: PROTOCOL_VERSION.into(),
            agent_version: self.agent_version.clone(),
            signed_peer_record: self.sign(host, &listen_addresses),
            listen_addresses,
            protocols: protocols.iter().cloned().collect(),
        }
    }

    /// Signs the addresses, for peers to pass on.
    fn sign(&self, host: &Inner, addresses: &[Address]) -> Option<SignedEnvelope> {
        let wall = host.runtime.wall().duration_since(UNIX_EPOCH).ok()?;
        let record = PeerRecord {
            peer_id: self.keypair.peer_id(),
            // Greater than that of any record before, those of earlier runs included.
            seq: u64::try_from(wall.as_nanos()).ok()?,
            addresses: addresses
                .iter()
                .take(PeerRecord::MAX_ADDRESSES)
                .map(Into::into)
                .collect(),
        };
        record
            .seal(&self.keypair)
            .inspect_err(|error| debug!(%error, "no signed record of our addresses"))
            .ok()
    }
}

/// What all implementations say.
const PROTOCOL_VERSION: &str = "ipfs/0.1.0";
