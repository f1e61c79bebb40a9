//! The tasks, run one at a time in the order in which they were woken.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use sinew_runtime::Task;

use crate::NodeId;

/// All tasks of a world.
#[derive(Debug, Default)]
pub(crate) struct Executor {
    ready: Arc<Ready>,
    tasks: Mutex<Tasks>,
}

/// A task's number; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(u64);

/// Who can run, first in, first out.
#[derive(Debug, Default)]
struct Ready(Mutex<VecDeque<TaskId>>);

#[derive(Debug, Default)]
struct Tasks {
    last: u64,
    slots: BTreeMap<TaskId, Slot>,
}

struct Slot {
    node: NodeId,
    name: &'static str,
    /// `None` while it is polled.
    task: Option<Task>,
    alarm: Arc<Alarm>,
}

/// What a task's wakers hold.
#[derive(Debug)]
pub(crate) struct Alarm {
    id: TaskId,
    is_queued: AtomicBool,
    ready: Arc<Ready>,
}

impl TaskId {
    /// The future that a world is asked to run.
    pub(crate) const MAIN: Self = Self(0);

    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

impl Executor {
    pub(crate) fn spawn(&self, node: NodeId, name: &'static str, task: Task) {
        let mut tasks = self.tasks();
        tasks.last += 1;
        let id = TaskId(tasks.last);
        let alarm = self.alarm(id);
        tasks.slots.insert(
            id,
            Slot {
                node,
                name,
                task: Some(task),
                alarm: alarm.clone(),
            },
        );
        drop(tasks);
        alarm.ring();
    }

    /// Returns the alarm of a new main future, which is in the queue at once.
    pub(crate) fn main(&self) -> Arc<Alarm> {
        let alarm = self.alarm(TaskId::MAIN);
        alarm.ring();
        alarm
    }

    /// Returns who is to run next.
    pub(crate) fn next(&self) -> Option<TaskId> {
        self.ready.pop()
    }

    /// Polls a task. Does nothing for one that is gone.
    pub(crate) fn poll(&self, id: TaskId) {
        let Some((mut task, alarm)) = self.take(id) else {
            return;
        };
        alarm.hush();
        let waker = Waker::from(alarm);
        let is_over = task.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(());

        let mut tasks = self.tasks();
        if is_over {
            tasks.slots.remove(&id);
        } else if let Some(slot) = tasks.slots.get_mut(&id) {
            slot.task = Some(task);
            return;
        }
        // What a task holds does as it likes when it is dropped: spawns, for example.
        drop(tasks);
        drop(task);
    }

    fn take(&self, id: TaskId) -> Option<(Task, Arc<Alarm>)> {
        let mut tasks = self.tasks();
        let slot = tasks.slots.get_mut(&id)?;
        Some((slot.task.take()?, slot.alarm.clone()))
    }

    /// Ends all tasks of `node`, or of everyone, without polling them again.
    pub(crate) fn kill(&self, node: Option<NodeId>) {
        let mut tasks = self.tasks();
        let doomed: Vec<_> = tasks
            .slots
            .extract_if(.., |_, slot| node.is_none_or(|node| slot.node == node))
            .collect();
        drop(tasks);
        drop(doomed);
    }

    /// Returns the names of the tasks of `node`, or of everyone, oldest first.
    pub(crate) fn names(&self, node: Option<NodeId>) -> Vec<(NodeId, &'static str)> {
        let tasks = self.tasks();
        let slots = tasks.slots.values();
        slots
            .filter(|slot| node.is_none_or(|node| slot.node == node))
            .map(|slot| (slot.node, slot.name))
            .collect()
    }

    fn alarm(&self, id: TaskId) -> Arc<Alarm> {
        Arc::new(Alarm {
            id,
            is_queued: AtomicBool::new(false),
            ready: self.ready.clone(),
        })
    }

    /// Nothing panics while the lock is held.
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alarm {
    /// Queues the task, once.
    fn ring(&self) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            self.ready.push(self.id);
        }
    }

    /// Lets the task be queued again; for when it is about to be polled.
    pub(crate) fn hush(&self) {
        self.is_queued.store(false, Ordering::Relaxed);
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

impl Ready {
    fn push(&self, id: TaskId) {
        self.queue().push_back(id);
    }

    fn pop(&self) -> Option<TaskId> {
        self.queue().pop_front()
    }

    /// Nothing panics while the lock is held.
    fn queue(&self) -> MutexGuard<'_, VecDeque<TaskId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("node", &self.node)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
