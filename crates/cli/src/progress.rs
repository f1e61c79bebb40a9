//! Progress bars, on stderr, for a terminal alone.

use std::{sync::Mutex, time::Duration};

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

impl Bars {
    /// Starts without bars; none is ever drawn where stderr is no terminal.
    pub(crate) fn new() -> Self {
        Self(MultiProgress::with_draw_target(
            ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND),
        ))
    }

    /// Adds a bar.
    pub(crate) fn add(&self, label: impl Into<String>) -> TransferBar {
        let bar = self.0.add(ProgressBar::new(0));
        bar.set_style(style());
        bar.set_prefix(label.into());
        bar.enable_steady_tick(Duration::from_millis(200));
        TransferBar {
            bar,
            phase: Mutex::default(),
        }
    }

    /// Runs `write` while no bar is on the screen.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl TransferBar {
    pub(crate) fn show(&self, progress: Progress) {
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        let Ok(mut phase) = self.phase.lock() else {
            return;
        };
        if *phase == Some(progress.phase) {
            return;
        }
        *phase = Some(progress.phase);
        // What an earlier attempt brought was not fast, and reading is another speed than sending.
        self.bar.reset_eta();
        self.bar.set_message(match progress.phase {
            Phase::Hashing => "reading",
            Phase::Verifying => "verifying",
            Phase::Sending | _ => "sending",
        });
    }
}

impl Drop for TransferBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{prefix:<24!} {msg:<9} {bar:25} {binary_bytes:>10} of {binary_total_bytes:<10} \
         {binary_bytes_per_sec:>12} {eta:>4} left",
    )
    .expect("the template is well-formed")
}

const REDRAWS_PER_SECOND: u8 = 10;
