//! What the handles of a world share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use sinew_testkit::{Seed, epoch};

use crate::{NodeId, core::Core, executor::Executor, log::Happening};

/// A world without its owner.
#[derive(Debug)]
pub(crate) struct Shared {
    core: Mutex<Core>,
    pub(crate) executor: Executor,
    epoch: Instant,
}

impl Shared {
    pub(crate) fn new(seed: Seed) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(Core::new(seed)),
            executor: Executor::default(),
            epoch: epoch(),
        })
    }

    /// Runs `act` on the state, and then the wakers that it collected.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core();
        let output = act(&mut core);
        let wakers = std::mem::take(&mut core.wakers);
        drop(core);
        for waker in wakers {
            waker.wake();
        }
        output
    }

    /// Returns the time since the world was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.core().now
    }

    pub(crate) fn now(&self) -> Instant {
        self.epoch + self.elapsed()
    }

    /// Returns the world's time at an instant of its clock.
    pub(crate) fn elapsed_at(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.epoch)
    }

    /// Returns the wall clock of a node.
    pub(crate) fn wall(&self, node: NodeId) -> SystemTime {
        let core = self.core();
        core.node(node).wall_start + core.now
    }

    /// Moves time to the next thing that is due, unless that is after `limit`, and does all that is due then.
    pub(crate) fn advance(&self, limit: Duration) -> Advance {
        let mut core = self.core();
        let Some(next) = core.schedule.next() else {
            return Advance::NothingDue;
        };
        if next > limit {
            core.now = core.now.max(limit);
            return Advance::LimitPassed;
        }
        core.now = core.now.max(next);
        // What is added meanwhile waits until the tasks have had their turn, so that none starves.
        let horizon = core.schedule.horizon();
        let now = core.now;
        while let Some(event) = core.schedule.pop(now, horizon) {
            core.happen(event);
        }
        let wakers = std::mem::take(&mut core.wakers);
        drop(core);
        for waker in wakers {
            waker.wake();
        }
        Advance::Moved
    }

    /// Stops a node as if its power were cut.
    pub(crate) fn crash(&self, node: NodeId) {
        let wakers = {
            let mut core = self.core();
            if !core.node(node).is_up {
                return;
            }
            core.note(&Happening::Crashed(node));
            let state = core.node_mut(node);
            state.is_up = false;
            state.life += 1;
            core.crash_udp(node);
            core.crash_tcp(node);
            std::mem::take(&mut core.wakers)
        };
        self.executor.kill(Some(node));
        for waker in wakers {
            waker.wake();
        }
    }

    /// Nothing panics while the lock is held.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of moving time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    Moved,
    LimitPassed,
    NothingDue,
}
