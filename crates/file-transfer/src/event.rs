//! What a receiver tells its host.

use std::{fmt, path::PathBuf, sync::Arc};

use sinew_identity::PeerId;

use crate::{ReceiveError, SafeName};

/// A transfer's number, unique within its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(
    /// The number.
    pub u64,
);

/// Something that happened to a file that is being received.
///
/// `Started` comes at most once; `Completed` or `Failed` comes once for every stream, and last, unless the
/// future that serves the stream is dropped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The content is about to come.
    Started {
        /// Which transfer.
        id: TransferId,
        /// Who sends it.
        peer: PeerId,
        /// What it is to be called.
        name: SafeName,
        /// Its size in bytes.
        size: u64,
        /// Bytes of it that were there from an earlier attempt, and are not sent again.
        offset: u64,
    },
    /// More of the content came.
    Progressed {
        /// Which transfer.
        id: TransferId,
        /// Bytes of the content that are there, those of earlier attempts included.
        received: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// The content was verified and is in its place.
    Completed {
        /// Which transfer.
        id: TransferId,
        /// Who offered it.
        peer: PeerId,
        /// What it is called.
        name: SafeName,
        /// Where it is.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// Whether the same content had the name already.
        was_there: bool,
    },
    /// The file was not received. What arrived of it may be kept for the next attempt.
    Failed {
        /// Which transfer.
        id: TransferId,
        /// Who offered it.
        peer: PeerId,
        /// What it was to be called, as the peer wrote it; `None` if it did not get that far. Not to be
        /// used as a path.
        name: Option<String>,
        /// Why.
        error: Arc<ReceiveError>,
    },
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
