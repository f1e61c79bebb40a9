//! How often each block of addresses has tried of late.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use crate::{Rate, origin::Block};

/// A token bucket for each block of addresses that was heard of lately, in bounded memory.
///
/// A bucket is the moment at which it will be full: each attempt moves it one interval further away. Buckets
/// that are full say nothing and are forgotten, and when there are too many, the one that would be full first
/// is. To forget harms nobody: whoever has so many addresses is held back by the other limits.
#[derive(Debug)]
pub(crate) struct Meter {
    rate: Rate,
    full_at: BTreeMap<Block, Instant>,
    /// The same, by time.
    order: BTreeSet<(Instant, Block)>,
}

impl Meter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Returns how much of its burst a block has used and not earned back.
    pub(crate) fn used(&self, now: Instant, block: &Block) -> u32 {
        let Some(full_at) = self.full_at.get(block) else {
            return 0;
        };
        let debt = full_at.saturating_duration_since(now).as_nanos();
        let used = debt.div_ceil(self.interval().as_nanos().max(1));
        u32::try_from(used).unwrap_or(u32::MAX)
    }

    /// Notes an attempt.
    pub(crate) fn take(&mut self, now: Instant, block: Block) {
        self.forget_what_is_full(now);
        let before = self.full_at.get(&block).copied();
        let from = before.unwrap_or(now);
        // Cannot overflow with any rate that makes sense; one that does is as good as no limit.
        let Some(full_at) = from.checked_add(self.interval()) else {
            return;
        };
        if let Some(before) = before {
            self.order.remove(&(before, block));
        } else if self.full_at.len() >= MAX_BUCKETS
            && let Some((_, fullest)) = self.order.pop_first()
        {
            self.full_at.remove(&fullest);
        }
        self.full_at.insert(block, full_at);
        self.order.insert((full_at, block));
    }

    fn forget_what_is_full(&mut self, now: Instant) {
        while let Some((full_at, block)) = self.order.first().copied()
            && full_at <= now
        {
            self.order.pop_first();
            self.full_at.remove(&block);
        }
    }

    fn interval(&self) -> Duration {
        MINUTE / self.rate.per_minute.max(1)
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Blocks that are remembered, of some hundred bytes each.
const MAX_BUCKETS: usize = 1024;

#[cfg(test)]
mod tests;
