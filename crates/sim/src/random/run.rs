//! One world, from its beginning to the last check.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use serde::Serialize;
use sinew_simnet::World;

use super::{
    book::{Book, Report, Violation, WRONG},
    clerk::Clerk,
    ends, faults,
    hosts::Hosts,
    limits,
    plan::{Job, Plan},
    work,
};

/// What a world came to.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The seed of the world.
    pub seed: u64,
    /// Identifies every packet and every step.
    pub digest: String,
    /// How many hosts there were.
    pub hosts: usize,
    /// How long it took, in its own time, in seconds.
    pub virtual_seconds: f64,
    /// Packets that were sent.
    pub packets: u64,
    /// What applications did.
    pub tally: Tally,
    /// Every packet, if it was asked for.
    #[serde(skip)]
    pub log: Vec<String>,
}

/// What applications did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Jobs that began.
    pub jobs: u64,
    /// Times that somebody was connected.
    pub connects: u64,
    /// Letters that arrived and were confirmed.
    pub letters: u64,
    /// Letters that one end left.
    pub left: u64,
    /// Echoes that came back whole.
    pub echoes: u64,
    /// Pings that were answered.
    pub pings: u64,
    /// What failed because something went wrong.
    pub failures: u64,
}

/// What was wrong with a world.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Failure {
    /// The seed of the world.
    pub seed: u64,
    /// How many hosts were asked for, if any number was.
    pub hosts: Option<usize>,
    /// What was wrong, and when.
    pub reports: Vec<Report>,
    /// The last packets before the first of it.
    pub tail: Vec<String>,
    /// Every packet, if it was asked for.
    pub log: Vec<String>,
}

/// Runs a world; `keep_log` keeps a line for each packet.
///
/// A world that fails is run again, if need be, for its last packets.
///
/// # Errors
///
/// Something happened that must not, or a task panicked.
pub fn run(plan: &Plan, keep_log: bool) -> Result<Outcome, Failure> {
    let failure = match live(plan, keep_log) {
        Err(failure) if !keep_log => failure,
        result => return result,
    };
    let again = live(plan, true);
    let tail = again.err().map(|again| again.tail).unwrap_or_default();
    Err(Failure { tail, ..failure })
}

fn live(plan: &Plan, keep_log: bool) -> Result<Outcome, Failure> {
    let world = World::new(plan.seed);
    if keep_log {
        world.keep_log();
    }
    world.set_time_limit(TIME_LIMIT);
    world.set_default_link(plan.link);
    let book = Book::new(plan.is_calm(), world.progress());
    let hosts = Hosts::new(&world, plan, book.clone());
    let life = || world.try_block_on(from_beginning_to_end(&world, &hosts, plan, &book));
    // A lock that a panic left is opened again wherever it is taken.
    match catch_unwind(AssertUnwindSafe(life)) {
        Ok(Ok(())) => {}
        Ok(Err(stuck)) => book.violated(Violation::Stuck(stuck.to_string())),
        Err(panic) => book.violated(Violation::Panicked(said(&*panic))),
    }
    let (tally, reports) = book.close();
    let log = world.log_lines();
    if !reports.is_empty() {
        return Err(Failure {
            seed: plan.seed.value(),
            hosts: plan.asked_hosts,
            reports,
            tail: tail(&log),
            log,
        });
    }
    Ok(Outcome {
        seed: plan.seed.value(),
        digest: world.digest().to_string(),
        hosts: hosts.count(),
        virtual_seconds: world.elapsed().as_secs_f64(),
        packets: world.traffic().sent,
        tally,
        log,
    })
}

async fn from_beginning_to_end(world: &World, hosts: &Hosts, plan: &Plan, book: &Book) {
    for host in 0..hosts.count() {
        hosts.start(host).await;
    }
    let work = begin(world, hosts, plan, book);
    let wrong = faults::all(world, hosts, plan);
    futures_util::future::join(work, wrong).await;
    ends::everybody_can_talk(world, hosts, plan, book).await;
    ends::everything_is_given_back(world, hosts, book).await;
}

/// Has all jobs begin in their time, and returns when all have come to an end.
async fn begin(world: &World, hosts: &Hosts, plan: &Plan, book: &Book) {
    let clerk = Clerk::new(plan, world.progress(), book.clone());
    let mut jobs = Vec::new();
    for job in &plan.jobs {
        world.sleep(job.at.saturating_sub(world.elapsed())).await;
        // A host that is down has nothing to do.
        if hosts.get(job.from).is_some() {
            let working = one(hosts.clone(), *job, clerk.clone(), book.clone());
            jobs.push(hosts.node(job.from).start("job", working));
        }
    }
    for job in jobs {
        // A crash ends it too.
        job.await.ok();
    }
}

async fn one(hosts: Hosts, job: Job, clerk: Clerk, book: Book) {
    let ongoing = clerk.begin(job);
    let look = || [job.from, job.to].map(|host| limits::check(&hosts, host, &book));
    look();
    work::perform(hosts.clone(), job, book.clone()).await;
    look();
    drop(ongoing);
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("?").to_owned()
}

/// Returns the lines that lead to the first that tells of a violation.
fn tail(log: &[String]) -> Vec<String> {
    let mark = format!(" note {WRONG}");
    let wrong = log.iter().position(|line| line.contains(&mark));
    let end = wrong.map_or(log.len(), |wrong| wrong + 1);
    let lines = log.iter().take(end);
    lines.skip(end.saturating_sub(TAIL)).cloned().collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}:", self.seed)?;
        for report in &self.reports {
            write!(f, "\n  {report}")?;
        }
        for line in &self.tail {
            write!(f, "\n  | {line}")?;
        }
        write!(f, "\n  replay: cargo xtask sim --seed {}", self.seed)?;
        if let Some(hosts) = self.hosts {
            write!(f, " --hosts {hosts}")?;
        }
        Ok(())
    }
}

/// Far longer than a world takes.
const TIME_LIMIT: Duration = Duration::from_secs(6 * 3600);

/// Lines of the log that are shown of a world that failed.
const TAIL: usize = 12;
