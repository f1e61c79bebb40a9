//! What was promised to whom: the model that a world is compared with.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sinew::{ConnectionId, PeerId};
use sinew_simnet::{Progress, Step};

use super::{Tally, plan::Letter};
use crate::sentence;

/// Something that must not happen, and when it did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Where the world was.
    pub step: Step,
    /// What happened.
    pub violation: Violation,
}

/// What must not happen, and did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Another byte arrived than was sent.
    #[error("byte {offset} of letter {letter} is not the one that was sent")]
    WrongByte {
        /// Which letter.
        letter: u64,
        /// Where in it.
        offset: u64,
    },
    /// More arrived than was sent.
    #[error("letter {letter} has {len} bytes, and more arrived")]
    TooLong {
        /// Which letter.
        letter: u64,
        /// Its length.
        len: u32,
    },
    /// A letter that was cut short looked like a whole one.
    #[error("letter {letter} ended well after {arrived} bytes, and {len} were to be sent")]
    CutShort {
        /// Which letter.
        letter: u64,
        /// What arrived.
        arrived: u64,
        /// Its length.
        len: u32,
    },
    /// A writer that left its letter was told that all is well.
    #[error("letter {letter} was left by its {who}, and ended well at the other end")]
    LeftAndWell {
        /// Which letter.
        letter: u64,
        /// Who left.
        who: &'static str,
    },
    /// The writer was told that its letter has arrived, and it has not.
    #[error("letter {letter} was confirmed, and has not arrived")]
    NotArrived {
        /// Which letter.
        letter: u64,
    },
    /// A letter ended well more than once where it was read.
    #[error("letter {letter} arrived twice")]
    ArrivedTwice {
        /// Which letter.
        letter: u64,
    },
    /// A letter came from another peer than wrote it, or to another than it is for.
    #[error("letter {letter} came from {writer} to {reader}, and is not theirs")]
    Misdelivered {
        /// Which letter.
        letter: u64,
        /// Whom it came from, as the stream says.
        writer: PeerId,
        /// Who reads it.
        reader: PeerId,
    },
    /// What came back is not what was sent.
    #[error("of {len} bytes that were to come back, {same} did, and then something else")]
    WrongEcho {
        /// What was sent.
        len: u32,
        /// Bytes that came back as they were sent.
        same: u64,
    },
    /// What must fail did not.
    #[error("{what} was to fail and did not")]
    Succeeded {
        /// What.
        what: &'static str,
    },
    /// Something failed where nothing goes wrong.
    #[error("{what} failed in a world in which nothing goes wrong: {why}")]
    Failed {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// A host holds something although everything is over.
    #[error("host {host} still holds {what}")]
    Held {
        /// Which host.
        host: usize,
        /// What.
        what: String,
    },
    /// Something is still to happen although everybody is gone.
    #[error("{count} timers and packets are due when everybody is gone")]
    Due {
        /// How many.
        count: usize,
    },
    /// A host has more than its limits allow.
    #[error("host {host} exceeds its limits: {what}")]
    OverLimit {
        /// Which host.
        host: usize,
        /// What.
        what: String,
    },
    /// Two hosts cannot talk although nothing is wrong any more.
    #[error("host {from} cannot talk to host {to} although nothing is wrong any more: {why}")]
    Unreachable {
        /// Who tries.
        from: usize,
        /// With whom.
        to: usize,
        /// Why.
        why: String,
    },
    /// A connection gives no streams although none is open.
    #[error("host {host} opens {opened} of {wanted} streams on {connection}: {why}")]
    NoCredit {
        /// Which host.
        host: usize,
        /// Which of its connections.
        connection: ConnectionId,
        /// Streams that it could open.
        opened: usize,
        /// Streams that it may open.
        wanted: usize,
        /// Why there was no other.
        why: String,
    },
    /// Work came to an end, and far too late.
    #[error(
        "what host {from} began with host {to} at {began:?} should have ended by {due:?}, well or not, and did now"
    )]
    Late {
        /// Who worked.
        from: usize,
        /// With whom.
        to: usize,
        /// When it began.
        began: Duration,
        /// When it had to end at the latest.
        due: Duration,
    },
    /// The world does not come to its end.
    #[error("somebody waits for ever: {0}")]
    Stuck(String),
    /// A task panicked.
    #[error("panic: {0}")]
    Panicked(String),
}

/// What was promised to whom. Clones are the same book.
#[derive(Clone)]
pub(crate) struct Book {
    inner: Arc<Mutex<Inner>>,
    progress: Progress,
    is_calm: bool,
}

#[derive(Default)]
struct Inner {
    letters: BTreeMap<u64, Entry>,
    reports: Vec<Report>,
    tally: Tally,
}

struct Entry {
    letter: Letter,
    /// Whose it is.
    writer: PeerId,
    /// Whom it is for.
    reader: PeerId,
    /// It ended well where it was read.
    has_arrived: bool,
}

impl Book {
    pub(crate) fn new(is_calm: bool, progress: Progress) -> Self {
        Self {
            inner: Arc::default(),
            progress,
            is_calm,
        }
    }

    /// Notes a letter that is about to be written, and returns its number.
    pub(crate) fn post(&self, letter: Letter, writer: PeerId, reader: PeerId) -> u64 {
        let mut inner = self.lock();
        let number = inner.letters.len() as u64;
        inner.letters.insert(
            number,
            Entry {
                letter,
                writer,
                reader,
                has_arrived: false,
            },
        );
        number
    }

    /// Returns what is to be known of a letter that came from `writer` to `reader`.
    pub(crate) fn letter(&self, number: u64, writer: PeerId, reader: PeerId) -> Option<Letter> {
        let inner = self.lock();
        let entry = inner.letters.get(&number)?;
        let (letter, ends) = (entry.letter, (entry.writer, entry.reader));
        drop(inner);
        if ends != (writer, reader) {
            self.violated(Violation::Misdelivered {
                letter: number,
                writer,
                reader,
            });
        }
        Some(letter)
    }

    /// Notes that a letter ended well where it was read, after `arrived` bytes.
    pub(crate) fn arrived(&self, number: u64, arrived: u64) {
        let mut inner = self.lock();
        let Some(entry) = inner.letters.get_mut(&number) else {
            return;
        };
        let was_there = std::mem::replace(&mut entry.has_arrived, true);
        let letter = entry.letter;
        drop(inner);
        if was_there {
            self.violated(Violation::ArrivedTwice { letter: number });
        }
        let len = letter.len;
        if arrived != u64::from(len) {
            self.violated(Violation::CutShort {
                letter: number,
                arrived,
                len,
            });
        } else if letter.writer_leaves.is_some() {
            let who = "writer";
            self.violated(Violation::LeftAndWell {
                letter: number,
                who,
            });
        }
    }

    /// Notes that the writer of a letter was told by its reader that it has arrived.
    pub(crate) fn confirmed(&self, number: u64) {
        let mut inner = self.lock();
        inner.tally.letters += 1;
        let Some(entry) = inner.letters.get(&number) else {
            return;
        };
        let (letter, has_arrived) = (entry.letter, entry.has_arrived);
        drop(inner);
        if letter.reader_leaves.is_some() {
            let who = "reader";
            self.violated(Violation::LeftAndWell {
                letter: number,
                who,
            });
        } else if !has_arrived {
            self.violated(Violation::NotArrived { letter: number });
        }
    }

    /// Notes that something failed, which is wrong only where nothing goes wrong.
    pub(crate) fn failed(&self, what: impl fmt::Display, why: &dyn Error) {
        self.count(|tally| tally.failures += 1);
        if self.is_calm {
            let (what, why) = (what.to_string(), sentence(why));
            self.violated(Violation::Failed { what, why });
        }
    }

    /// Notes that something happened that must not, here and in the world's log.
    pub(crate) fn violated(&self, violation: Violation) {
        self.progress.note(&format!("{WRONG}{violation}"));
        let step = self.progress.step();
        self.lock().reports.push(Report { step, violation });
    }

    pub(crate) fn count(&self, add: impl FnOnce(&mut Tally)) {
        add(&mut self.lock().tally);
    }

    /// Returns what was counted, or what was wrong.
    pub(crate) fn close(&self) -> (Tally, Vec<Report>) {
        let inner = self.lock();
        (inner.tally, inner.reports.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.violation)
    }
}

/// How a line of the log begins that tells of a violation.
pub(super) const WRONG: &str = "wrong: ";

#[cfg(test)]
mod tests;
