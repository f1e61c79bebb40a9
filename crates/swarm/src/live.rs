//! A connection that the host has.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::Watched;
use sinew_transport::{CloseReason, Connection, ConnectionId, Direction, Permit};

use crate::{
    ledger::{Slot, Tally},
    origin::Origin,
};

/// A connection and what the host knows about it.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) id: ConnectionId,
    pub(crate) peer: PeerId,
    pub(crate) direction: Direction,
    pub(crate) connection: Arc<dyn Connection>,
    /// The address that was dialed.
    pub(crate) dialed: Option<Address>,
    pub(crate) opened: Instant,
    pub(crate) tally: Arc<Tally>,
    pub(crate) health: Watched<Health>,
    /// What the connection takes from the host's limits, until it is over.
    pub(crate) room: Mutex<Option<Room>>,
}

/// How a connection fares.
#[derive(Clone, Debug)]
pub(crate) enum Health {
    /// The peer may still refuse our identity.
    Unconfirmed,
    Confirmed,
    Over(CloseReason),
}

/// What a connection takes from the host's limits, given back when it is dropped.
#[derive(Debug)]
pub(crate) enum Room {
    Inbound(InboundRoom),
    Outbound {
        #[expect(dead_code, reason = "held to be dropped")]
        slot: Slot,
    },
}

/// What a connection takes that a peer made.
// In this order: fields are dropped from the top.
#[derive(Debug)]
pub(crate) struct InboundRoom {
    /// The mark that it counts elsewhere than where it came from.
    pub(crate) moved: Option<Slot>,
    /// Where it came from.
    pub(crate) origin: Origin,
    #[expect(dead_code, reason = "held to be dropped")]
    pub(crate) established: Slot,
    #[expect(dead_code, reason = "held to be dropped")]
    pub(crate) permit: Permit,
}

impl Live {
    /// Returns whether the connection is over, even if its end was not told yet.
    pub(crate) fn is_over(&self) -> bool {
        self.connection.closed().now_or_never().is_some()
    }

    /// Returns whether the peer answers, as far as is known at `now`. One that was asked for nothing does.
    ///
    /// Who has restarted and lost all keys cannot tell us so, and is silent.
    pub(crate) fn is_answering(&self, now: Instant) -> bool {
        let stats = self.connection.stats();
        let Some(since) = stats.unanswered_since else {
            return true;
        };
        let patience = stats.rtt.unwrap_or_default().saturating_mul(PATIENCE_RTTS);
        now.saturating_duration_since(since) < patience.max(LEAST_PATIENCE)
    }

    /// Notes the end, and gives back what the connection took from the host's limits.
    pub(crate) fn end(&self, reason: CloseReason) {
        self.health.set(Health::Over(reason));
        let room = self
            .room
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(room);
    }

    /// Changes what the connection takes from the host's limits, unless it is over.
    pub(crate) fn with_room<T>(&self, change: impl FnOnce(&mut Room) -> T) -> Option<T> {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.as_mut().map(change)
    }

    pub(crate) fn is_confirmed(&self) -> bool {
        self.health
            .look(|health| matches!(health, Health::Confirmed))
    }

    /// Waits until the peer has accepted our identity.
    pub(crate) async fn confirmed(&self) -> Result<(), CloseReason> {
        let decided = |health: &Health| match health {
            Health::Unconfirmed => None,
            Health::Confirmed => Some(Ok(())),
            Health::Over(reason) => Some(Err(reason.clone())),
        };
        self.health.wait_for(decided).await
    }
}

impl Room {
    pub(crate) fn direction(&self) -> Direction {
        match self {
            Self::Inbound(..) => Direction::Inbound,
            Self::Outbound { .. } => Direction::Outbound,
        }
    }
}

/// How long a peer may owe an answer until it seems to be gone: round trips, and the least.
const PATIENCE_RTTS: u32 = 4;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
