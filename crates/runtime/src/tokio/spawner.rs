//! tokio's tasks.

use std::{future::Future, task::Context};

use crate::{Spawner, Task};

/// Spawns on the tokio runtime of the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioSpawner;

impl Spawner for TokioSpawner {
    fn spawn(&self, _name: &'static str, task: Task) {
        drop(tokio::spawn(task));
    }

    fn wake_after_others(&self, cx: &mut Context<'_>) {
        // A plain wake would put the task at the end of one worker's queue; this waits for all of them.
        let mut after_others = std::pin::pin!(tokio::task::yield_now());
        if after_others.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}
