//! Memory that many machines share.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

/// How much may wait in the buffers of all connections together, and in those of one.
///
/// A connection has [`BASE`](Self::BASE) bytes for each direction of its own, which whoever admits connections sets
/// aside for it. What it holds beyond, it takes from what all share, and gives back: no more than a quarter of what it
/// leaves to others, so that however many take as much as they get, there is some left. Clones are handles to the same
/// budget. Without one (the default) nothing is bounded but by each machine's own settings.
#[derive(Clone, Debug, Default)]
pub struct BufferBudget(Option<Arc<OnceLock<Arc<Shared>>>>);

#[derive(Debug)]
struct Shared {
    maximum: u64,
    maximum_each: u64,
    taken: AtomicU64,
    refused: AtomicU8,
    on_refusal: OnceLock<Callback>,
}

struct Callback(Box<dyn Fn() + Send + Sync>);

/// What one connection holds of a [`BufferBudget`]; dropping it gives everything back.
#[derive(Debug)]
pub struct BufferShare {
    budget: Option<Arc<Shared>>,
    /// What waits to be read, or may come to wait; beyond the base.
    received: u64,
    /// What waits to be sent or acknowledged, or may come to; beyond the base.
    sent: u64,
}

/// Which bound of a [`BufferBudget`] was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BufferRefusal {
    /// That of one connection.
    Each = 1,
    /// That of all together.
    All = 2,
}

impl BufferBudget {
    /// What a connection may hold for each direction whatever the others hold, in bytes. 256 KiB: the window with
    /// which a stream of Yamux begins.
    pub const BASE: u64 = 256 << 10;

    /// Lets all connections hold `shared` bytes beyond their bases, and each `each` bytes, its bases included.
    pub fn new(shared: u64, each: u64) -> Self {
        let shared = Arc::new(Shared {
            maximum: shared,
            maximum_each: each,
            taken: AtomicU64::new(0),
            refused: AtomicU8::new(0),
            on_refusal: OnceLock::new(),
        });
        Self(Some(Arc::new(OnceLock::from(shared))))
    }

    /// Turns no budget into one that is not known yet, and bounds nothing until it is [bound](Self::bind).
    pub fn or_later(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Makes this another handle to `known`, if it was not known before. What was shared out stays as it is.
    pub fn bind(&self, known: &Self) {
        if let (Some(unknown), Some(known)) = (&self.0, known.shared()) {
            unknown.set(known.clone()).ok();
        }
    }

    /// Returns what a new connection takes from.
    #[must_use]
    pub fn share(&self) -> BufferShare {
        BufferShare {
            budget: self.shared().cloned(),
            received: 0,
            sent: 0,
        }
    }

    /// Returns what is taken beyond the bases, in bytes.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.shared()
            .map_or(0, |it| it.taken.load(Ordering::Relaxed))
    }

    /// Returns what one connection may hold, in bytes.
    #[must_use]
    pub fn maximum_each(&self) -> u64 {
        self.shared().map_or(u64::MAX, |it| it.maximum_each)
    }

    /// Calls `callback` when something is refused that was not since [`take_refusals`](Self::take_refusals). Only
    /// the first call counts.
    ///
    /// It is called from within a machine: it may make a task run later, and no more.
    pub fn on_refusal(&self, callback: impl Fn() + Send + Sync + 'static) {
        if let Some(shared) = self.shared() {
            shared.on_refusal.set(Callback(Box::new(callback))).ok();
        }
    }

    /// Returns what was refused since the last call.
    pub fn take_refusals(&self) -> impl Iterator<Item = BufferRefusal> + use<> {
        let refused = self
            .shared()
            .map_or(0, |it| it.refused.swap(0, Ordering::AcqRel));
        [BufferRefusal::Each, BufferRefusal::All]
            .into_iter()
            .filter(move |it| refused & *it as u8 != 0)
    }

    fn shared(&self) -> Option<&Arc<Shared>> {
        self.0.as_ref()?.get()
    }
}

impl BufferShare {
    /// Holds `bytes` received, or the credit for them, in all; returns false, and holds what it held, when there is
    /// no room for more.
    #[must_use = "there may be no room"]
    pub fn hold_received(&mut self, bytes: u64) -> bool {
        let beyond = beyond_base(bytes);
        let may = self.change(self.received, beyond);
        if may {
            self.received = beyond;
        }
        may
    }

    /// Holds `bytes` to be sent or acknowledged in all; returns false, and holds what it held, when there is no
    /// room for more.
    #[must_use = "there may be no room"]
    pub fn hold_sent(&mut self, bytes: u64) -> bool {
        let beyond = beyond_base(bytes);
        let may = self.change(self.sent, beyond);
        if may {
            self.sent = beyond;
        }
        may
    }

    /// Returns how many bytes more may be held to be sent beside `held`, at most `wanted`, and holds them.
    pub fn hold_more_sent(&mut self, held: u64, wanted: u64) -> u64 {
        if self.hold_sent(held.saturating_add(wanted)) {
            return wanted;
        }
        BufferBudget::BASE.saturating_sub(held).min(wanted)
    }

    /// Takes or gives back the difference.
    fn change(&self, before: u64, after: u64) -> bool {
        let Some(shared) = &self.budget else {
            return true;
        };
        if after <= before {
            if after < before {
                shared.taken.fetch_sub(before - after, Ordering::AcqRel);
            }
            return true;
        }
        let more = after - before;
        let own = self.received.saturating_add(self.sent);
        let bases = 2 * BufferBudget::BASE;
        if own.saturating_add(more).saturating_add(bases) > shared.maximum_each {
            return shared.refuse(BufferRefusal::Each);
        }
        let grown = |taken: u64| {
            let taken = taken.checked_add(more)?;
            let left = shared.maximum.checked_sub(taken)?;
            (own.saturating_add(more) <= left / MIN_LEFT).then_some(taken)
        };
        let taken = &shared.taken;
        if taken
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, grown)
            .is_err()
        {
            return shared.refuse(BufferRefusal::All);
        }
        true
    }
}

impl Drop for BufferShare {
    fn drop(&mut self) {
        if let Some(shared) = &self.budget {
            let held = self.received.saturating_add(self.sent);
            shared.taken.fetch_sub(held, Ordering::AcqRel);
        }
    }
}

impl Shared {
    fn refuse(&self, refusal: BufferRefusal) -> bool {
        let bit = refusal as u8;
        let is_news = self.refused.fetch_or(bit, Ordering::AcqRel) & bit == 0;
        if is_news && let Some(Callback(call)) = self.on_refusal.get() {
            call();
        }
        false
    }
}

impl PartialEq for BufferBudget {
    /// Whether both are handles to the same budget.
    fn eq(&self, other: &Self) -> bool {
        match (self.shared(), other.shared()) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Eq for BufferBudget {}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// In whole grains, so that the count that all share is not changed with each packet.
fn beyond_base(bytes: u64) -> u64 {
    let beyond = bytes.saturating_sub(BufferBudget::BASE);
    beyond.div_ceil(GRAIN).saturating_mul(GRAIN)
}

const GRAIN: u64 = 64 << 10;

/// How many times as much as one holds must be left to the others.
const MIN_LEFT: u64 = 4;

#[cfg(test)]
mod tests;
