//! One world, from its beginning to the last check.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use serde::Serialize;
use sinew::Host;
use sinew_simnet::World;

use super::{
    book::{Book, Violation},
    faults,
    hosts::Hosts,
    plan::Plan,
    work,
};
use crate::sentence;

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
    /// What was wrong.
    pub what: Vec<String>,
    /// Every packet, if it was asked for and nobody panicked.
    pub log: Vec<String>,
}

/// Runs a world; `keep_log` keeps a line for each packet.
///
/// # Errors
///
/// Something happened that must not, or a task panicked.
pub fn run(plan: &Plan, keep_log: bool) -> Result<Outcome, Failure> {
    let failure = |what, log| Failure {
        seed: plan.seed.value(),
        hosts: plan.asked_hosts,
        what,
        log,
    };
    match catch_unwind(AssertUnwindSafe(|| live(plan, keep_log))) {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(Wrong { what, log })) => Err(failure(what, log)),
        Err(panic) => {
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            let what = format!("panic: {}", said.unwrap_or("?"));
            Err(failure(vec![what], Vec::new()))
        }
    }
}

struct Wrong {
    what: Vec<String>,
    log: Vec<String>,
}

fn live(plan: &Plan, keep_log: bool) -> Result<Outcome, Wrong> {
    let world = World::new(plan.seed);
    if keep_log {
        world.keep_log();
    }
    world.set_time_limit(TIME_LIMIT);
    world.set_default_link(plan.link);
    let book = Book::new(plan.is_calm());
    let hosts = Hosts::new(&world, plan, book.clone());
    let ran = world.try_block_on(async {
        for host in 0..hosts.count() {
            hosts.start(host).await;
        }
        let work = begin(&world, &hosts, plan, &book);
        let wrong = faults::all(&world, &hosts, plan);
        futures_util::future::join(work, wrong).await;
        everybody_can_talk(&world, &hosts, plan, &book).await;
        everything_is_given_back(&world, &hosts, &book).await;
    });
    let (tally, violations) = book.close();
    let mut wrong: Vec<_> = violations.iter().map(ToString::to_string).collect();
    if let Err(stuck) = ran {
        wrong.push(format!("somebody waits for ever: {stuck}"));
    }
    let log = world.log_lines();
    if !wrong.is_empty() {
        return Err(Wrong { what: wrong, log });
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

/// Has all jobs begin in their time, and returns when all have come to an end.
async fn begin(world: &World, hosts: &Hosts, plan: &Plan, book: &Book) {
    let mut jobs = Vec::new();
    for job in &plan.jobs {
        world.sleep(job.at.saturating_sub(world.elapsed())).await;
        check_limits(hosts, book);
        // A host that is down has nothing to do.
        if hosts.get(job.from).is_some() {
            let working = work::perform(hosts.clone(), *job, book.clone());
            jobs.push(hosts.node(job.from).start("job", working));
        }
    }
    for job in jobs {
        // A crash ends it too.
        job.await.ok();
        check_limits(hosts, book);
    }
}

fn check_limits(hosts: &Hosts, book: &Book) {
    for number in 0..hosts.count() {
        let Some(host) = hosts.get(number) else {
            continue;
        };
        let (usage, limits) = (host.swarm().usage(), host.config().limits);
        let bounds = [
            (
                "inbound connections",
                usage.inbound_connections,
                limits.max_inbound_connections,
            ),
            (
                "outbound connections",
                usage.outbound_connections,
                limits.max_outbound_connections,
            ),
            (
                "pending inbound",
                usage.pending_inbound,
                limits.max_pending_inbound,
            ),
            (
                "pending outbound",
                usage.pending_outbound,
                limits.max_pending_outbound,
            ),
            ("negotiating", usage.negotiating, limits.max_negotiating),
            (
                "MiB of buffers",
                mib(usage.buffered_bytes),
                mib(limits.max_buffered_bytes),
            ),
            (
                "connections",
                usage.inbound_connections + usage.outbound_connections,
                limits.max_connections,
            ),
        ];
        for (what, is, maximum) in bounds {
            if is > maximum {
                let what = format!("{is} of {maximum} {what}");
                book.violated(Violation::OverLimit { host: number, what });
            }
        }
    }
}

/// Nothing is wrong any more: whoever can be dialed is reached by everybody.
async fn everybody_can_talk(world: &World, hosts: &Hosts, plan: &Plan, book: &Book) {
    // Until whatever is dead was noticed to be: a peer may have come back under a connection that still looks
    // alive here.
    world.sleep(NOTICED).await;
    if plan.is_tight {
        return;
    }
    for from in 0..hosts.count() {
        for to in (0..hosts.count()).filter(|to| *to != from && plan.listens(*to)) {
            let Some(host) = hosts.get(from) else {
                continue;
            };
            if let Err(why) = talk(&host, hosts, to).await {
                book.violated(Violation::Unreachable { from, to, why });
            }
        }
    }
}

async fn talk(host: &Host, hosts: &Hosts, to: usize) -> Result<(), String> {
    let peer = hosts.peer(to);
    let connected = host.connect_peer(peer, hosts.addresses(to)).await;
    connected.map_err(|error| sentence(&error))?;
    let answered = host.ping(peer).await;
    answered.map(drop).map_err(|error| sentence(&error))
}

/// Everything is over: every host gives back what it took.
async fn everything_is_given_back(world: &World, hosts: &Hosts, book: &Book) {
    for number in 0..hosts.count() {
        if let Some(host) = hosts.get(number) {
            for other in 0..hosts.count() {
                host.disconnect(hosts.peer(other));
            }
        }
    }
    world.sleep(NOTICED).await;
    for number in 0..hosts.count() {
        let Some(host) = hosts.get(number) else {
            continue;
        };
        let usage = host.swarm().usage();
        let held = [
            ("inbound connections", usage.inbound_connections),
            ("outbound connections", usage.outbound_connections),
            ("pending inbound", usage.pending_inbound),
            ("pending outbound", usage.pending_outbound),
            ("negotiating streams", usage.negotiating),
            ("streams", usage.streams),
            ("MiB of buffers", mib(usage.buffered_bytes)),
        ];
        for (what, count) in held {
            if count > 0 {
                let what = format!("{count} {what}");
                book.violated(Violation::Held { host: number, what });
            }
        }
        host.shutdown().await;
        hosts.forget(number);
    }
    // A kernel goes on to send the last words of a connection to a peer that is not there any more.
    world.sleep(KERNEL_GIVES_UP).await;
    for number in 0..hosts.count() {
        let node = hosts.node(number);
        let (tasks, sockets) = (node.tasks(), node.sockets());
        if !tasks.is_empty() || sockets > 0 {
            let what = format!("{sockets} sockets and the tasks {tasks:?}");
            book.violated(Violation::Held { host: number, what });
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what.join("; "))?;
        write!(f, "\n  replay: cargo xtask sim --seed {}", self.seed)?;
        if let Some(hosts) = self.hosts {
            write!(f, " --hosts {hosts}")?;
        }
        Ok(())
    }
}

/// Longer than anything takes to be noticed: a dead peer over QUIC, or over TCP.
const NOTICED: Duration = Duration::from_secs(120);

/// Longer than a kernel retries.
const KERNEL_GIVES_UP: Duration = Duration::from_secs(1800);

/// Far longer than a world takes.
const TIME_LIMIT: Duration = Duration::from_secs(6 * 3600);

/// As they are counted here: of less than one there is one.
fn mib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
}
