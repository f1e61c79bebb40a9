//! The receiving half of a connection.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Buf as _, Bytes};

use super::segment::{Ack, Data};

/// Puts what arrives in order, within a window.
#[derive(Debug)]
pub(super) struct Receiver {
    /// What came in order and was not read.
    ready: VecDeque<Bytes>,
    ready_bytes: usize,
    /// What came ahead of its turn, by start.
    ahead: BTreeMap<u64, Data>,
    /// The number that is expected next.
    next: u64,
    has_ended: bool,
    window_end: u64,
    limit: usize,
}

impl Receiver {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            ready: VecDeque::new(),
            ready_bytes: 0,
            ahead: BTreeMap::new(),
            next: 0,
            has_ended: false,
            window_end: limit as u64,
            limit,
        }
    }

    /// Takes a piece; returns whether there is more to read.
    pub(super) fn handle(&mut self, data: Data) -> bool {
        if data.end() <= self.next || data.end() > self.window_end + 1 {
            return false;
        }
        self.ahead.entry(data.start).or_insert(data);
        let mut has_grown = false;
        while let Some(entry) = self.ahead.first_entry()
            && *entry.key() <= self.next
        {
            let mut data = entry.remove();
            if data.end() <= self.next {
                continue;
            }
            let known = (self.next - data.start) as usize;
            data.bytes.advance(known.min(data.bytes.len()));
            self.next += data.bytes.len() as u64 + u64::from(data.is_last);
            self.has_ended |= data.is_last;
            self.ready_bytes += data.bytes.len();
            if !data.bytes.is_empty() {
                self.ready.push_back(data.bytes);
            }
            has_grown = true;
        }
        has_grown
    }

    /// Moves what is there into `buf` and returns how much that was.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> usize {
        let mut len = 0;
        while let Some(chunk) = self.ready.front_mut()
            && let Some(room) = buf.get_mut(len..)
            && !room.is_empty()
        {
            let taken = chunk.split_to(chunk.len().min(room.len()));
            if let Some(room) = room.get_mut(..taken.len()) {
                room.copy_from_slice(&taken);
            }
            len += taken.len();
            if chunk.is_empty() {
                self.ready.pop_front();
            }
        }
        self.ready_bytes -= len;
        len
    }

    /// Returns whether the peer should hear that there is room again.
    pub(super) fn has_much_more_room(&self) -> bool {
        !self.has_ended && self.present_window_end() >= self.window_end + self.limit as u64 / 4
    }

    pub(super) fn ack(&mut self) -> Ack {
        self.window_end = self.window_end.max(self.present_window_end());
        let mut ahead: Vec<(u64, u64)> = Vec::new();
        for data in self.ahead.values() {
            match ahead.last_mut() {
                Some((_, end)) if *end == data.start => *end = data.end(),
                _ => ahead.push((data.start, data.end())),
            }
        }
        // The last ones tell most about what the sender sent last.
        ahead.drain(..ahead.len().saturating_sub(SACK_BLOCKS));
        Ack {
            up_to: self.next,
            ahead,
            window_end: self.window_end,
        }
    }

    pub(super) fn has_unread(&self) -> bool {
        self.ready_bytes > 0
    }

    /// Whether everything that the peer will ever send is here.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn present_window_end(&self) -> u64 {
        let read_to = self.next - u64::from(self.has_ended) - self.ready_bytes as u64;
        read_to + self.limit as u64
    }
}

/// As many as fit beside a timestamp.
const SACK_BLOCKS: usize = 3;
