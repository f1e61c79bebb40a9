//! All streams of a connection, and how many there are.

use std::{collections::HashMap, collections::VecDeque, time::Instant};

use rustc_hash::FxBuildHasher;
use sinew_sans_io::Role;

use super::{
    stream::{Greeting, Hold, Stream},
    window::{Growth, INITIAL_WINDOW},
};
use crate::{Config, StreamId, Violation};

/// All streams of a connection, and how many there are.
#[derive(Debug)]
pub(super) struct Table {
    /// Never iterated. Its size is bounded, so nobody gains by choosing ids that collide.
    streams: HashMap<StreamId, Stream, FxBuildHasher>,
    /// Opened by the peer and not accepted, in order.
    pub(super) backlog: VecDeque<StreamId>,
    role: Role,
    next_outbound: Option<StreamId>,
    /// The largest id that the peer has opened a stream under.
    highest_inbound: u32,
    pub(super) inbound: u32,
    pub(super) outbound: u32,
    pub(super) unacknowledged: u32,
    pub(super) held: usize,
    pub(super) growth: Growth,
    /// What may still come for streams that are forgotten.
    late: u64,
}

impl Table {
    pub(super) fn new(role: Role, config: &Config) -> Self {
        Self {
            streams: HashMap::default(),
            backlog: VecDeque::new(),
            role,
            next_outbound: Some(StreamId::first(role)),
            highest_inbound: 0,
            inbound: 0,
            outbound: 0,
            unacknowledged: 0,
            held: 0,
            growth: Growth::new(config),
            late: 0,
        }
    }

    pub(super) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.get_mut(&id)
    }

    /// Returns a stream together with what lets its window grow.
    pub(super) fn get_with_growth(&mut self, id: StreamId) -> Option<(&mut Stream, &mut Growth)> {
        let stream = self.streams.get_mut(&id)?;
        Some((stream, &mut self.growth))
    }

    /// Returns a stream that the application holds.
    pub(super) fn held(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.get_mut(&id).filter(|stream| stream.is_held())
    }

    pub(super) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Opens a stream of ours, or returns `None` when the ids have run out.
    pub(super) fn open(&mut self, now: Instant) -> Option<StreamId> {
        let id = self.next_outbound?;
        self.next_outbound = id.next();
        self.streams.insert(id, Stream::outbound(now));
        self.outbound = self.outbound.saturating_add(1);
        self.unacknowledged = self.unacknowledged.saturating_add(1);
        self.held = self.held.saturating_add(1);
        Some(id)
    }

    /// Checks whether the peer may open `id`, without opening it.
    pub(super) fn check_opening(&self, id: StreamId) -> Result<(), Violation> {
        // [yamux §StreamID Field] Each side has its own ids, so that they cannot collide.
        if id.initiator() == self.role {
            return Err(Violation::WrongParity { stream: id });
        }
        if self.streams.contains_key(&id) {
            return Err(Violation::DuplicateSyn { stream: id });
        }
        // An id below the highest may be new: go-libp2p opens several at once, in any order.
        Ok(())
    }

    /// Opens a stream of the peer's.
    pub(super) fn insert(&mut self, id: StreamId, now: Instant) {
        self.streams.insert(id, Stream::inbound(now));
        self.backlog.push_back(id);
        self.inbound = self.inbound.saturating_add(1);
    }

    /// Takes note that the peer has used an id, even if the stream is turned down.
    pub(super) fn on_opened(&mut self, id: StreamId) {
        self.highest_inbound = self.highest_inbound.max(id.as_u32());
    }

    /// Takes note that the peer may send so much for a stream that does not exist any more.
    pub(super) fn expect_late(&mut self, bytes: u32) {
        self.late = self.late.saturating_add(bytes.into());
    }

    /// Returns whether the peer cannot know of `id`, neither as one of ours nor as one of its own.
    pub(super) fn is_unheard_of(&self, id: StreamId) -> bool {
        if id.initiator() != self.role {
            return id.as_u32() > self.highest_inbound;
        }
        match self.streams.get(&id) {
            Some(stream) => stream.greeting == Greeting::Syn,
            None => self.next_outbound.is_some_and(|next| id >= next),
        }
    }

    /// Checks a frame against what its sender was allowed.
    pub(super) fn charge(&mut self, id: StreamId, len: u32) -> Result<(), Violation> {
        if let Some(stream) = self.streams.get_mut(&id) {
            let window = stream.window.left();
            stream.has_moved = true;
            return if stream.window.on_data(len) {
                Ok(())
            } else {
                Err(Violation::WindowExceeded {
                    stream: id,
                    len,
                    window,
                })
            };
        }
        let allowed = self.late;
        let left = allowed.checked_sub(len.into());
        self.late = left.ok_or(Violation::ClosedStreamOverrun {
            stream: id,
            len,
            allowed,
        })?;
        Ok(())
    }

    /// Takes note that the peer knows a stream of ours.
    pub(super) fn on_acknowledged(&mut self, id: StreamId) -> bool {
        let is_news = self
            .streams
            .get_mut(&id)
            .is_some_and(|stream| std::mem::take(&mut stream.is_unacknowledged));
        if is_news {
            self.unacknowledged = self.unacknowledged.saturating_sub(1);
        }
        is_news
    }

    /// Forgets a stream, and returns what is dropped with it.
    pub(super) fn remove(&mut self, id: StreamId) -> Option<Stream> {
        let stream = self.streams.remove(&id)?;
        let count = if id.initiator() == self.role {
            &mut self.outbound
        } else {
            &mut self.inbound
        };
        *count = count.saturating_sub(1);
        if stream.is_unacknowledged {
            self.unacknowledged = self.unacknowledged.saturating_sub(1);
        }
        if stream.greeting != Greeting::Syn {
            self.expect_late(stream.window.left());
        }
        stream.window.release(&mut self.growth);
        if self.streams.is_empty() && self.streams.capacity() > IDLE_CAPACITY {
            self.streams = HashMap::default();
        }
        Some(stream)
    }

    /// Takes the next stream that the peer opened.
    pub(super) fn accept(&mut self) -> Option<(StreamId, &mut Stream)> {
        let id = self.backlog.pop_front()?;
        let stream = self.streams.get_mut(&id)?;
        stream.hold = Hold::Held;
        self.held = self.held.saturating_add(1);
        Some((id, stream))
    }

    /// Returns what the peer may fill now.
    pub(super) fn window_bytes(&self) -> u64 {
        let streams = u64::try_from(self.streams.len()).unwrap_or(u64::MAX);
        streams
            .saturating_mul(INITIAL_WINDOW.into())
            .saturating_add(self.growth.grown())
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.streams.capacity()
    }

    #[cfg(test)]
    pub(super) fn skip_to(&mut self, next: StreamId) {
        self.next_outbound = Some(next);
    }
}

/// Memory for so many streams is kept by a connection that has none.
const IDLE_CAPACITY: usize = 32;
