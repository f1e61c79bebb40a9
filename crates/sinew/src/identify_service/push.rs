//! Tells connected peers what changed about us.

use std::sync::{Arc, Weak};

use futures_util::{StreamExt as _, stream};
use sinew_identify::{LocalInfo, PUSH_PROTOCOL};
use sinew_identity::PeerId;
use sinew_swarm::{Event, Events};
use tracing::debug;

use super::{IdentifyError, TIMEOUT};
use crate::{Host, host::Inner};

/// Follows the host until it is gone.
pub(super) fn start(host: &Host) {
    let follower = Follower {
        host: Arc::downgrade(&host.inner),
        events: host.events(),
        pushed: None,
    };
    host.inner.runtime.spawn("identify push", follower.run());
}

struct Follower {
    host: Weak<Inner>,
    events: Events,
    /// What the peers know.
    pushed: Option<Arc<LocalInfo>>,
}

impl Follower {
    async fn run(mut self) {
        while let Some(event) = self.events.next().await {
            let mut has_changed = self.on_event(&event);
            // Several changes in a row are told at once.
            while let Some(event) = self.events.try_next() {
                has_changed |= self.on_event(&event);
            }
            if has_changed {
                self.push().await;
            }
        }
    }

    /// Returns whether it may change what we say about ourselves.
    fn on_event(&self, event: &Event) -> bool {
        let Some(host) = self.host.upgrade() else {
            return false;
        };
        let known = &host.identify.known;
        if let Event::ConnectionClosed {
            peer, remaining: 0, ..
        } = event
        {
            known.forget(*peer);
        }
        if let Event::Missed(_) = event {
            known.forget_all_but(|peer| host.swarm.is_connected(peer));
        }
        matches!(
            event,
            Event::ListeningOn { .. }
                | Event::ListenerClosed { .. }
                | Event::ProtocolsChanged
                | Event::Missed(_)
        )
    }

    async fn push(&mut self) {
        let Some(host) = self.host.upgrade() else {
            return;
        };
        let local = host.identify.ourselves.now(&host);
        let is_old = |pushed: &Arc<LocalInfo>| Arc::ptr_eq(pushed, &local);
        if self.pushed.as_ref().is_some_and(is_old) {
            return;
        }
        self.pushed = Some(local);
        let peers = host.swarm.peers();
        drop(host);
        let pushes = peers.into_iter().map(|peer| {
            let host = self.host.clone();
            async move {
                if let Err(error) = push_to(host, peer).await {
                    debug!(%peer, %error, "identify was not pushed");
                }
            }
        });
        let pushes = stream::iter(pushes).buffer_unordered(MAX_CONCURRENT);
        pushes.collect::<()>().await;
    }
}

/// Tells one peer, unless it said that it does not listen to that.
async fn push_to(host: Weak<Inner>, peer: PeerId) -> Result<(), IdentifyError> {
    let Some(inner) = host.upgrade() else {
        return Ok(());
    };
    let info = inner.identify.known.get(peer);
    if info.is_some_and(|info| !info.protocols.contains(&PUSH_PROTOCOL)) {
        return Ok(());
    }
    let runtime = inner.runtime.clone();
    let swarm = inner.swarm.clone();
    drop(inner);
    let pushing = async move {
        let stream = swarm.open_stream(peer, PUSH_PROTOCOL).await?;
        // The host may end while the peer takes its time.
        drop(swarm);
        let Some(answer) = host.upgrade().map(|inner| inner.answer(&stream)) else {
            return Ok(());
        };
        Ok(answer.push(stream).await?)
    };
    let pushed = runtime.timeout(TIMEOUT, pushing).await;
    pushed.map_err(|elapsed| IdentifyError::TimedOut { after: elapsed.0 })?
}

/// Peers that are told at once. 16: a host with thousands of peers does not open as many streams.
const MAX_CONCURRENT: usize = 16;
