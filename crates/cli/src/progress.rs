//! Progress bars, on stderr, for a terminal alone.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sinew::file_transfer::{Phase, Progress};

/// The bars that are shown. Clones are the same screen.
#[derive(Clone, Debug)]
pub(crate) struct Bars(MultiProgress);

/// The bar of a file on its way, with rate and time left. It goes away with this value.
#[derive(Debug)]
pub(crate) struct TransferBar {
    bar: ProgressBar,
    phase: Mutex<Option<Phase>>,
}

/// A line that tells what moves. It goes away with this value.
#[derive(Debug)]
pub(crate) struct LiveLine(ProgressBar);

impl Bars {
    /// Starts without bars; none is ever drawn where stderr is no terminal.
    pub(crate) fn new() -> Self {
        Self(MultiProgress::with_draw_target(
            ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND),
        ))
    }

    /// Adds a bar.
    pub(crate) fn add(&self, label: impl Into<String>) -> TransferBar {
        let bar = ProgressBar::new(0).with_style(style());
        let bar = self
            .0
            .add(bar.with_prefix(label.into()).with_message(READING));
        TransferBar {
            bar,
            phase: Mutex::default(),
        }
    }

    /// Adds a line.
    pub(crate) fn add_line(&self, label: impl Into<String>) -> LiveLine {
        let line = ProgressBar::new_spinner().with_style(line_style());
        LiveLine(self.0.add(line.with_prefix(label.into())))
    }

    /// Runs `write` while no bar is on the screen.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl TransferBar {
    pub(crate) fn show(&self, progress: Progress) {
        self.bar.set_position(progress.done);
        if self.begin(progress) {
            // What an earlier attempt brought was not fast, and reading is another speed than sending.
            self.bar.reset_eta();
            // Drawn from here on, with the time left also while nothing moves.
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    /// Notes the phase; returns whether it is another than before.
    fn begin(&self, progress: Progress) -> bool {
        // Nothing panics while the lock is held.
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if *phase == Some(progress.phase) {
            return false;
        }
        *phase = Some(progress.phase);
        self.bar.set_length(progress.total);
        self.bar.set_message(match progress.phase {
            Phase::Hashing => READING,
            Phase::Verifying => "verifying",
            Phase::Sending | _ => "sending",
        });
        true
    }
}

impl LiveLine {
    pub(crate) fn show(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
        self.0.tick();
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Drop for TransferBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{prefix:<16!} {msg:<9} {wide_bar} {percent:>3}% of {binary_total_bytes:<10} \
         {binary_bytes_per_sec:>12} {eta:>4} left",
    )
    .expect("the template is well-formed")
}

fn line_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix:<9} {wide_msg}")
        .expect("the template is well-formed")
}

/// What happens to a file first.
const READING: &str = "reading";
const REDRAWS_PER_SECOND: u8 = 10;
