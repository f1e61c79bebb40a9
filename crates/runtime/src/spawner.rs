//! Tasks, as drivers see them.

use std::{fmt, future::Future, pin::Pin, task::Context};

/// A future that runs to its end on its own.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// Starts tasks.
pub trait Spawner: fmt::Debug + Send + Sync + 'static {
    /// Runs `task` until it completes; `name` says what it is, for tools that show tasks.
    fn spawn(&self, name: &'static str, task: Task);

    /// Wakes the running task again after every other task that can run now has run.
    ///
    /// Called from inside a poll that then returns `Pending`. The default merely wakes the task, which is
    /// right for a runtime whose queue is first in, first out.
    fn wake_after_others(&self, cx: &mut Context<'_>) {
        cx.waker().wake_by_ref();
    }
}
