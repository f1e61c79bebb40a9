//! The clock and the timers of a node.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use sinew_runtime::{Clock, Timer};

use crate::{NodeId, core::Event, schedule::Key, shared::Shared};

/// The world's time, and a node's idea of the time of day.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock {
    pub(crate) shared: Arc<Shared>,
    pub(crate) node: NodeId,
}

/// Exact to the nanosecond. It is in the schedule only while somebody waits for it.
#[derive(Debug)]
struct VirtualTimer {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
    scheduled: Option<Key>,
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        self.shared.now()
    }

    fn wall(&self) -> SystemTime {
        self.shared.wall(self.node)
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(VirtualTimer {
            shared: self.shared.clone(),
            deadline: None,
            scheduled: None,
        })
    }
}

impl VirtualTimer {
    fn unschedule(&mut self) {
        if let Some(key) = self.scheduled.take() {
            // The waker is dropped with no lock held.
            let _event = self.shared.with(|core| core.schedule.cancel(key));
        }
    }
}

impl Timer for VirtualTimer {
    fn set(&mut self, deadline: Option<Instant>) {
        if self.deadline != deadline {
            self.unschedule();
            self.deadline = deadline;
        }
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let at = self.shared.elapsed_at(deadline);
        let scheduled = &mut self.scheduled;
        let mut former = None;
        let polled = self.shared.with(|core| {
            if at <= core.now {
                former = scheduled.take().and_then(|key| core.schedule.cancel(key));
                return Poll::Ready(());
            }
            match scheduled.and_then(|key| core.schedule.get_mut(key)) {
                Some(Event::Wake(waker)) if waker.will_wake(cx.waker()) => {}
                Some(event) => {
                    former = Some(std::mem::replace(event, Event::Wake(cx.waker().clone())))
                }
                None => *scheduled = Some(core.wake_at(at, cx.waker().clone())),
            }
            Poll::Pending
        });
        drop(former);
        if polled.is_ready() {
            self.deadline = None;
        }
        polled
    }
}

impl Drop for VirtualTimer {
    fn drop(&mut self) {
        self.unschedule();
    }
}
