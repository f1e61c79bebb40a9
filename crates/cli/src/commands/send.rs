//! `sinew send`: sends files to a node that receives them.

use std::{
    collections::BTreeSet,
    fmt,
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use sinew::file_transfer::Sent;

use crate::{
    Context,
    arguments::Send,
    failure::{Failure, Fault, Kind},
    session::{Session, open_file},
    units::{Bytes, Rate, Span, hex, milliseconds},
};

pub(crate) async fn run(arguments: &Send, context: &Context) -> Result<(), Failure> {
    check(&arguments.files)?;
    let sent = Session::run(&arguments.peer, async |session| {
        send_all(arguments, session, context).await
    })
    .await;
    sent.map_err(|failure| match failure.is_interrupt() {
        true => failure.advise("try again: what has arrived is not sent twice"),
        false => failure,
    })
}

/// A name that was typed wrongly is told before anybody is called.
fn check(files: &[PathBuf]) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    for file in files {
        let opened = File::open(file).and_then(|opened| opened.metadata());
        let problem = match opened {
            Ok(metadata) if metadata.is_dir() => "it is a folder; give the files in it".to_owned(),
            Ok(_) if !names.insert(file.file_name()) => {
                "another of the files has the same name, and there they share a folder".to_owned()
            }
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        let message = format!("cannot send {}: {problem}", file.display());
        return Err(Failure::new(Kind::File, Fault::Us, message));
    }
    Ok(())
}

async fn send_all(arguments: &Send, session: &Session, context: &Context) -> Result<(), Failure> {
    let files = arguments.files.iter();
    let sending = files.map(|file| send(file, session, context));
    let mut outcomes = stream::iter(sending).buffer_unordered(usize::from(arguments.parallel));
    let mut failed = Vec::new();
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(sent) => context.print(&sent)?,
            Err(failure) => failed.push(failure),
        }
    }
    report(failed, arguments.files.len(), context)
}

async fn send(file: &Path, session: &Session, context: &Context) -> Result<FileSent, Failure> {
    let name = file.file_name().unwrap_or_default();
    let bar = context.bars.add(name.to_string_lossy());
    let outgoing = open_file(file, &bar).await?;
    let started = Instant::now();
    let sent = session.send(&outgoing, &bar).await?;
    Ok(FileSent::new(file, &sent, started.elapsed()))
}

/// Tells every failure but the last, which is that of the command.
fn report(mut failed: Vec<Failure>, files: usize, context: &Context) -> Result<(), Failure> {
    let Some(last) = failed.pop() else {
        return Ok(());
    };
    let count = failed.len() + 1;
    for failure in failed {
        failure.report(context);
    }
    if files == 1 {
        return Err(last);
    }
    Err(last.counted(count, files))
}

/// A file that the peer has.
#[derive(Serialize)]
#[serde(tag = "event", rename = "sent")]
struct FileSent {
    file: PathBuf,
    name: String,
    bytes: u64,
    sha256: String,
    /// Bytes that the peer had from an earlier attempt.
    resumed_from: u64,
    /// Whether the peer had all of it under this name.
    was_there: bool,
    time_ms: f64,
    #[serde(skip)]
    time: Duration,
}

impl FileSent {
    fn new(file: &Path, sent: &Sent, time: Duration) -> Self {
        Self {
            file: file.into(),
            name: sent.name.clone(),
            bytes: sent.size,
            sha256: hex(&sent.sha256),
            resumed_from: sent.resumed_from,
            was_there: sent.was_there,
            time_ms: milliseconds(time),
            time,
        }
    }
}

impl fmt::Display for FileSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, time, .. } = self;
        let size = Bytes(self.bytes);
        if self.was_there {
            return write!(f, "{name}: the peer has it already ({size})");
        }
        let bytes = self.bytes.saturating_sub(self.resumed_from);
        let rate = Rate { bytes, time: *time };
        write!(f, "{name}: sent {size} in {}, {rate}", Span(*time))?;
        if self.resumed_from > 0 {
            let before = Bytes(self.resumed_from);
            write!(f, "; the first {before} were there already")?;
        }
        Ok(())
    }
}
