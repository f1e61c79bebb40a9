//! The receiving side.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use sinew_runtime::Runtime;
use sinew_transport::{ReadError, Stream, StreamCode, WriteError};

use crate::{
    Event, FolderError, NameRules, Refusal, SafeName, TransferId, Violation,
    disk::blocking,
    folder::Folder,
    message::{MessageError, Reply},
    partial::{Allowance, Claims},
    receive::Reception,
};

/// Receives files into one folder. Cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) shared: Arc<Shared>,
}

/// What a receiver takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Which names are allowed.
    pub names: NameRules,
    /// The largest file, in bytes. 1 TiB: larger than what is sent by mistake.
    pub max_file_bytes: u64,
    /// Bytes taken over the receiver's life, before it refuses more; what was cut off counts as far as it
    /// came. 1 TiB: an operator who lets strangers send sets what the disk can bear.
    pub max_total_bytes: u64,
    /// Files received at once. 64: a folder sent in parallel, and memory for it is 128 MiB at worst.
    pub max_concurrent: usize,
    /// Contents that were cut off and are kept to be resumed; the oldest makes room. 128: more than one
    /// sender has under way, and not a second archive.
    pub max_partial_files: usize,
    /// How long a sender may be silent. 30 s: a network that is gone for longer ends the connection too.
    pub stall_timeout: Duration,
}

/// A file that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Where it is.
    pub path: PathBuf,
    /// Its name below the receive folder.
    pub name: SafeName,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes of it that were there from an earlier attempt.
    pub resumed_from: u64,
    /// Whether the same content had the name already, so that nothing was sent.
    pub was_there: bool,
}

/// Why a file was not received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// This side does not keep it, and told the sender why.
    #[error("not kept: {0}")]
    Refused(Refusal),
    /// This side could not read or write its disk.
    #[error("cannot read or write the receive folder")]
    Disk(#[source] std::io::Error),
    /// The sender broke the protocol.
    #[error("the sender broke the protocol: {0}")]
    Violation(Violation),
    /// The sender was silent for too long.
    #[error("nothing came from the sender for {after:?}")]
    Stalled {
        /// The limit.
        after: Duration,
    },
    /// The sender gave up, or the connection is over.
    #[error("the stream cannot be read")]
    Read(#[source] ReadError),
    /// The sender went away.
    #[error("the stream cannot be written")]
    Write(#[source] WriteError),
}

pub(crate) struct Shared {
    pub(crate) runtime: Runtime,
    pub(crate) config: Config,
    pub(crate) folder: Arc<Folder>,
    pub(crate) claims: Claims,
    pub(crate) allowance: Allowance,
    on_event: Box<dyn Fn(Event) + Send + Sync>,
    active: AtomicUsize,
    next_id: AtomicU64,
}

impl Receiver {
    /// Makes `folder` if it is missing, and takes hold of it until the last clone is dropped.
    ///
    /// `on_event` is called from the tasks that serve streams, and should not take long.
    ///
    /// # Errors
    ///
    /// The folder cannot be used, or another receiver uses it.
    pub async fn open(
        runtime: &Runtime,
        folder: impl AsRef<Path>,
        config: Config,
        on_event: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, FolderError> {
        let path = folder.as_ref().to_owned();
        let folder = blocking({
            let path = path.clone();
            move || Ok(Folder::open(&path))
        })
        .await
        .map_err(|source| FolderError::Io { path, source })??;
        Ok(Self {
            shared: Arc::new(Shared {
                runtime: runtime.clone(),
                allowance: Allowance::new(config.max_total_bytes),
                config,
                folder: Arc::new(folder),
                claims: Claims::default(),
                on_event: Box::new(on_event),
                active: AtomicUsize::new(0),
                next_id: AtomicU64::new(0),
            }),
        })
    }

    /// Returns the folder that files are received into, with all links in its own path resolved.
    pub fn folder(&self) -> &Path {
        self.shared.folder.root()
    }

    /// Returns a function that serves a stream, as hosts take it for [`PROTOCOL`](crate::PROTOCOL).
    /// Outcomes are reported as events.
    pub fn handler(
        &self,
    ) -> impl Fn(Stream) -> BoxFuture<'static, ()> + Clone + Send + Sync + 'static {
        let receiver = self.clone();
        move |stream| {
            let receiver = receiver.clone();
            Box::pin(async move {
                // The event says it all.
                receiver.serve(stream).await.ok();
            })
        }
    }

    /// Receives the file that a peer sends on `stream`.
    ///
    /// Dropping the future gives up; what arrived is kept for the next attempt.
    ///
    /// # Errors
    ///
    /// Why the file was not received; the sender has been told.
    pub async fn serve(&self, mut stream: Stream) -> Result<Received, Arc<ReceiveError>> {
        let shared = &self.shared;
        let _active = Active::new(shared.clone());
        let id = TransferId(shared.next_id.fetch_add(1, Ordering::Relaxed));
        let mut reception = Reception::new(shared, id);
        let outcome = reception.run(&mut stream).await;
        // The outcome is the same whether the sender hears of it or not.
        tell(shared, &mut stream, &outcome).await.ok();
        let outcome = outcome.map_err(Arc::new);
        shared.emit(match &outcome {
            Ok(received) => Event::Completed {
                id,
                peer: stream.peer(),
                name: received.name.clone(),
                path: received.path.clone(),
                size: received.size,
                was_there: received.was_there,
            },
            Err(error) => Event::Failed {
                id,
                peer: stream.peer(),
                name: reception.offered_name,
                error: error.clone(),
            },
        });
        outcome
    }
}

/// Ends the conversation so that the sender knows how it went.
async fn tell(
    shared: &Shared,
    stream: &mut Stream,
    outcome: &Result<Received, ReceiveError>,
) -> Result<(), ReceiveError> {
    let reply = match outcome {
        Ok(received) if received.was_there => Reply::Have,
        Ok(_) => Reply::Done,
        Err(ReceiveError::Refused(refusal)) => Reply::Refused(*refusal),
        Err(ReceiveError::Disk(error)) => Reply::Refused(Refusal::from_disk(error)),
        Err(ReceiveError::Violation(_)) => {
            stream.reset(StreamCode::PROTOCOL_VIOLATION);
            return Ok(());
        }
        Err(ReceiveError::Stalled { .. }) => {
            stream.reset(StreamCode::GARBAGE_COLLECTED);
            return Ok(());
        }
        Err(ReceiveError::Read(_) | ReceiveError::Write(_)) => return Ok(()),
    };
    shared.in_time(reply.write(stream)).await??;
    stream.finish()?;
    Ok(())
}

impl Shared {
    pub(crate) fn emit(&self, event: Event) {
        (self.on_event)(event);
    }

    /// Says whether there are more transfers than allowed, this one included.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.active.load(Ordering::Relaxed) > self.config.max_concurrent
    }

    /// Gives up on a sender that lets us wait for too long.
    pub(crate) async fn in_time<F: Future>(&self, future: F) -> Result<F::Output, ReceiveError> {
        let after = self.config.stall_timeout;
        self.runtime
            .timeout(after, future)
            .await
            .map_err(|_| ReceiveError::Stalled { after })
    }
}

/// Counts a transfer as long as it lives.
struct Active(Arc<Shared>);

impl Active {
    fn new(shared: Arc<Shared>) -> Self {
        shared.active.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            names: NameRules::default(),
            max_file_bytes: 1 << 40,
            max_total_bytes: 1 << 40,
            max_concurrent: 64,
            max_partial_files: 128,
            stall_timeout: Duration::from_secs(30),
        }
    }
}

impl From<MessageError> for ReceiveError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Violation(violation) => Self::Violation(violation),
            MessageError::Read(error) => Self::Read(error),
        }
    }
}

impl From<WriteError> for ReceiveError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("folder", &self.folder())
            .finish_non_exhaustive()
    }
}
