//! `sinew send`: sends files to a node that receives them.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use serde::Serialize;
use sinew::file_transfer::{self, Outgoing, Phase, Progress, SendConfig, Sender, Sent};

use crate::{
    Context,
    arguments::Send,
    explain,
    failure::{Failure, Fault, Kind},
    session::Session,
    units::{Bytes, Rate, Span, milliseconds},
};

pub(crate) async fn run(arguments: &Send, context: &Context) -> Result<(), Failure> {
    check_readable(&arguments.files)?;
    Session::run(&arguments.peer, async |session| {
        let sending = arguments
            .files
            .iter()
            .map(|file| send(file, session, context));
        let mut outcomes = stream::iter(sending).buffer_unordered(usize::from(arguments.parallel));
        let mut failed = Vec::new();
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(sent) => context.output.print(&sent)?,
                Err(failure) => failed.push(failure),
            }
        }
        report(failed, arguments.files.len(), context)
    })
    .await
}

/// A name that was typed wrongly is told before anybody is called.
fn check_readable(files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        let opened = std::fs::File::open(file).and_then(|opened| opened.metadata());
        let problem = match opened {
            Ok(metadata) if metadata.is_dir() => "is a folder; give the files in it".to_owned(),
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        let message = format!("cannot send {}: {problem}", file.display());
        return Err(Failure::new(Kind::File, Fault::Us, message));
    }
    Ok(())
}

async fn send(file: &Path, session: &Session, context: &Context) -> Result<FileSent, Failure> {
    let label = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let bar = context.bars.add(label, 0);
    let started = Instant::now();
    let sent = transfer(file, session, &bar).await;
    bar.finish_and_clear();
    Ok(FileSent::new(file, &sent?, started.elapsed()))
}

async fn transfer(file: &Path, session: &Session, bar: &ProgressBar) -> Result<Sent, Failure> {
    let failed = |error| explain::send(&error, file, session.peer, session.address());
    let outgoing = Outgoing::open(file, |progress| show(bar, progress))
        .await
        .map_err(failed)?;
    let stream = session.open_stream(&file_transfer::PROTOCOL).await?;
    Sender::new(session.host.runtime(), SendConfig::default())
        .send(stream, &outgoing, |progress| show(bar, progress))
        .await
        .map_err(failed)
}

pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total);
    bar.set_position(progress.done);
    bar.set_message(match progress.phase {
        Phase::Hashing => "reading",
        Phase::Verifying => "verifying",
        Phase::Sending | _ => "",
    });
}

/// Tells every failure but the last, which is that of the command.
fn report(mut failed: Vec<Failure>, files: usize, context: &Context) -> Result<(), Failure> {
    let Some(last) = failed.pop() else {
        return Ok(());
    };
    let count = failed.len() + 1;
    for failure in failed {
        failure.report(&context.output);
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
    resumed_from: u64,
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
            sha256: sent
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            resumed_from: sent.resumed_from,
            was_there: sent.was_there,
            time_ms: milliseconds(time),
            time,
        }
    }
}

impl fmt::Display for FileSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, time) = (self.bytes, self.time);
        if self.was_there {
            return write!(
                f,
                "{}: the peer has it already ({})",
                self.name,
                Bytes(bytes)
            );
        }
        write!(f, "{}: sent {} in {}", self.name, Bytes(bytes), Span(time))?;
        let moved = bytes.saturating_sub(self.resumed_from);
        write!(f, ", {}", Rate { bytes: moved, time })?;
        if self.resumed_from > 0 {
            write!(
                f,
                ", the first {} were there already",
                Bytes(self.resumed_from)
            )?;
        }
        Ok(())
    }
}
