//! tokio's timers and the operating system's clocks.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use crate::{Clock, Timer};

/// The clock of the operating system, with tokio's timers, which round up to a whole millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

struct TokioTimer {
    deadline: Option<Instant>,
    /// Made at the first deadline, so that a timer that is never set needs no runtime.
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        // tokio's clock, so that a test that pauses time pauses ours.
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(TokioTimer {
            deadline: None,
            sleep: None,
        })
    }
}

impl Timer for TokioTimer {
    fn set(&mut self, deadline: Option<Instant>) {
        if self.deadline == deadline {
            return;
        }
        self.deadline = deadline;
        let Some(deadline) = deadline else { return };
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline.into()),
            None => self.sleep = Some(Box::pin(tokio::time::sleep_until(deadline.into()))),
        }
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(_), Some(sleep)) = (self.deadline, &mut self.sleep) else {
            return Poll::Pending;
        };
        // tokio makes a task pause after many operations; a deadline must not depend on how busy it was.
        let mut unpaused = tokio::task::coop::unconstrained(sleep.as_mut());
        if Pin::new(&mut unpaused).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.deadline = None;
        Poll::Ready(())
    }
}
