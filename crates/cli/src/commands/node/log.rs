//! What the log of a node tells.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is for those who ask for more"
)]

use sinew::{Event, Events, file_transfer};
use tracing::{debug, info, warn};

use crate::failure::sentence;

/// Tells what happens to the node, until it has shut down.
pub(super) async fn follow(mut events: Events) {
    while let Some(event) = events.next().await {
        tell(event);
    }
}

fn tell(event: Event) {
    match event {
        Event::ConnectionOpened {
            peer,
            address,
            direction,
            security,
            ..
        } => info!(%peer, %address, ?direction, %security, "connected"),
        Event::ConnectionClosed {
            peer,
            reason,
            remaining,
            ..
        } => info!(%peer, reason = sentence(&reason), remaining, "disconnected"),
        Event::AddressChanged { peer, old, new, .. } => info!(%peer, %old, %new, "peer moved"),
        Event::InboundFailed { failure, .. } => {
            info!(why = sentence(&failure), "somebody could not connect");
        }
        Event::LimitReached(exceeded) => warn!(%exceeded, "limit reached"),
        Event::Missed(count) => warn!(count, "events were lost to this log"),
        event => debug!(?event),
    }
}

/// Tells what happens to a file that is not complete.
pub(super) fn transfer(event: &file_transfer::Event) {
    match event {
        file_transfer::Event::Started {
            peer,
            name,
            size,
            offset,
            ..
        } => info!(%peer, name = name.as_str(), size, offset, "a file is coming"),
        file_transfer::Event::Failed {
            peer, name, error, ..
        } => warn!(%peer, ?name, why = sentence(&**error), "a file was not received"),
        event => debug!(?event),
    }
}
