//! Work comes to an end in time, well or not.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sinew_simnet::Progress;

use super::{
    book::{Book, Violation},
    plan::{FaultKind, Job, Letter, Plan, Work},
};

/// Notes when work begins and ends, and objects to what takes too long. Clones are the same.
#[derive(Clone)]
pub(super) struct Clerk {
    plan: Arc<Plan>,
    jobs: Arc<Mutex<Vec<Record>>>,
    progress: Progress,
    book: Book,
}

struct Record {
    job: Job,
    ended: Option<Duration>,
}

/// Work that goes on until this is dropped: because it was done, or because its host crashed.
pub(super) struct Ongoing {
    clerk: Clerk,
    job: Job,
    began: Duration,
    index: usize,
}

impl Clerk {
    pub(super) fn new(plan: &Plan, progress: Progress, book: Book) -> Self {
        Self {
            plan: Arc::new(plan.clone()),
            jobs: Arc::default(),
            progress,
            book,
        }
    }

    pub(super) fn begin(&self, job: Job) -> Ongoing {
        let mut jobs = self.lock();
        let index = jobs.len();
        jobs.push(Record { job, ended: None });
        drop(jobs);
        Ongoing {
            clerk: self.clone(),
            job,
            began: self.progress.step().at,
            index,
        }
    }

    fn end(&self, ongoing: &Ongoing) {
        let ended = self.progress.step().at;
        let (job, began) = (ongoing.job, ongoing.began);
        let mut jobs = self.lock();
        if let Some(record) = jobs.get_mut(ongoing.index) {
            record.ended = Some(ended);
        }
        // Those with the same peer share links, and often a connection.
        let beside = jobs.iter().filter(|other| {
            is_between(&other.job, job.from, job.to) && other.ended.is_none_or(|it| it >= began)
        });
        let effort = beside.map(|other| effort(other.job.work)).sum();
        drop(jobs);
        let due = due(&self.plan, &job, began, ended, effort);
        if ended > due {
            self.book.violated(Violation::Late {
                from: job.from,
                to: job.to,
                began,
                due,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.clerk.end(self);
    }
}

/// Returns by when a job had to end that went on from `began` to `ended`.
fn due(plan: &Plan, job: &Job, began: Duration, ended: Duration, effort: Duration) -> Duration {
    let faults = plan.faults.iter().filter(|fault| fault.at <= ended);
    let touching = faults.filter_map(|fault| {
        let lasts = touches(fault.kind, job)?;
        Some((fault.at + lasts).min(ended))
    });
    let undisturbed = touching.max().unwrap_or_default().max(began);
    undisturbed + NOTICED + effort
}

/// Returns how long a fault lasts that comes in the way of a job.
fn touches(kind: FaultKind, job: &Job) -> Option<Duration> {
    match kind {
        FaultKind::Partition(one, other, lasts) | FaultKind::BlackHole(one, other, lasts) => {
            is_between(job, one, other).then_some(lasts)
        }
        FaultKind::NoUdp(lasts) | FaultKind::Weather(lasts, _) => Some(lasts),
        FaultKind::Crash(host, lasts) | FaultKind::Away(host, lasts) => {
            is_of(job, host).then_some(lasts)
        }
        FaultKind::Rebind(host) => is_of(job, host).then_some(Duration::ZERO),
        FaultKind::ClockJump(..) => None,
    }
}

fn is_between(job: &Job, one: usize, other: usize) -> bool {
    (job.from, job.to) == (one, other) || (job.from, job.to) == (other, one)
}

fn is_of(job: &Job, host: usize) -> bool {
    job.from == host || job.to == host
}

/// Returns how long work may take where nothing is in its way.
fn effort(work: Work) -> Duration {
    match work {
        Work::Letter(letter) => reading(letter) + sending(letter.len.into()),
        Work::Burst(count, letter) => {
            reading(letter) + sending(u64::from(count) * u64::from(letter.len))
        }
        Work::Echo(len) => sending(2 * u64::from(len)),
        Work::Ping
        | Work::Identify
        | Work::GiveUpDialing(_)
        | Work::DialAsAnother
        | Work::UnknownProtocol
        | Work::Disconnect => Duration::ZERO,
    }
}

fn sending(bytes: u64) -> Duration {
    Duration::from_millis(bytes.div_ceil(SLOWEST))
}

/// How long a letter's reader waits in all.
fn reading(letter: Letter) -> Duration {
    letter.reader_waits * (letter.len / LEAST_READ + 2)
}

/// Longer than anything takes to be noticed that is dead, and to be dialed again.
pub(super) const NOTICED: Duration = Duration::from_secs(120);

/// Bytes a millisecond that any link of a plan carries, whatever it loses.
const SLOWEST: u64 = 10;

/// Bytes that a reader finds at least, as long as they come in full packets.
const LEAST_READ: u32 = 1000;

#[cfg(test)]
mod tests;
