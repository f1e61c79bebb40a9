//! Progress bars, on stderr, for a terminal alone.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bars that are shown. Clones are the same screen.
#[derive(Clone, Debug)]
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// Starts without bars; none is ever drawn where stderr is no terminal.
    pub(crate) fn new() -> Self {
        Self(MultiProgress::with_draw_target(
            ProgressDrawTarget::stderr_with_hz(10),
        ))
    }

    /// Adds a bar with rate and time left.
    pub(crate) fn add(&self, label: impl Into<String>, total_bytes: u64) -> ProgressBar {
        let bar = self.0.add(ProgressBar::new(total_bytes));
        bar.set_style(style());
        bar.set_prefix(label.into());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Runs `write` while no bar is on the screen.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{prefix:<24!} {bar:30} {binary_bytes:>10} / {binary_total_bytes:<10} {binary_bytes_per_sec:>12} {eta:>4} left {msg}",
    )
    .expect("the template is well-formed")
}
