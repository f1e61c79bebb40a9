//! What happened, as a hash that tells two runs apart and, where it is asked for, as lines to read.

use std::{fmt, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::{Loss, NodeId, executor::TaskId, packet::Packet};

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Happening<'a> {
    /// A task was polled.
    Polled(TaskId),
    /// A packet left its node; the hash covers every byte of it.
    Sent(&'a Packet),
    Delivered(&'a Packet),
    Lost(&'a Packet, Loss),
    Crashed(NodeId),
    Restarted(NodeId),
    /// A test said something.
    Note(&'a str),
}

/// The log of a world.
pub(crate) struct Log {
    hash: Sha256,
    lines: Option<Vec<String>>,
}

/// What identifies everything that happened in a world: the same digest means the same order of tasks, the
/// same packets at the same times, byte for byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogDigest([u8; 32]);

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            hash: Sha256::new(),
            lines: None,
        }
    }

    /// Keeps lines from here on.
    pub(crate) fn keep_lines(&mut self) {
        self.lines.get_or_insert_default();
    }

    pub(crate) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }

    pub(crate) fn digest(&self) -> LogDigest {
        LogDigest(self.hash.clone().finalize().into())
    }

    pub(crate) fn add(&mut self, at: Duration, happening: &Happening<'_>) {
        self.hash.update(at.as_nanos().to_be_bytes());
        self.hash(happening);
        // Polls would drown the rest.
        if let Some(lines) = &mut self.lines
            && !matches!(happening, Happening::Polled(_))
        {
            // So that the first line that differs from another run's tells where the two part.
            let digest: [u8; 32] = self.hash.clone().finalize().into();
            let [a, b, ..] = digest;
            let at = at.as_secs_f64();
            lines.push(format!("{at:>12.6} {a:02x}{b:02x} {happening}"));
        }
    }

    fn hash(&mut self, happening: &Happening<'_>) {
        let (kind, number) = match happening {
            Happening::Polled(task) => (0, task.get()),
            Happening::Sent(packet) => {
                packet.hash(&mut self.hash);
                (1, packet.number)
            }
            Happening::Delivered(packet) => (2, packet.number),
            Happening::Lost(packet, loss) => (3 + *loss as u8, packet.number),
            Happening::Crashed(node) => (0x80, node.get().into()),
            Happening::Restarted(node) => (0x81, node.get().into()),
            Happening::Note(text) => {
                self.hash.update(text.as_bytes());
                (0x82, text.len() as u64)
            }
        };
        self.hash.update([kind]);
        self.hash.update(number.to_be_bytes());
    }
}

impl fmt::Display for Happening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Polled(task) => write!(f, "polled task {}", task.get()),
            Self::Sent(packet) => write!(f, "sent {packet}"),
            Self::Delivered(packet) => write!(f, "delivered {packet}"),
            Self::Lost(packet, loss) => write!(f, "lost {packet}: {loss}"),
            Self::Crashed(node) => write!(f, "crashed {node}"),
            Self::Restarted(node) => write!(f, "restarted {node}"),
            Self::Note(text) => write!(f, "note {text}"),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for LogDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LogDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
