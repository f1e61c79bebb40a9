//! A world: nodes, a network between them, one clock, one thread.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use sinew_runtime::{Elapsed, Runtime, Sleep};
use sinew_testkit::Seed;

use crate::{
    Cut, CutId, Link, LogDigest, Loss, Node, NodeId, Progress, Stuck,
    executor::TaskId,
    log::Happening,
    node::NodeState,
    shared::{Advance, Shared},
    stuck::Cause,
};

/// A network of nodes in virtual time, run on the calling thread.
///
/// Everything follows from the seed: two worlds of one seed in which the same is done have the same
/// [`digest`](Self::digest). Dropping the world drops its tasks.
pub struct World {
    pub(crate) shared: Arc<Shared>,
    seed: Seed,
    time_limit: Cell<Duration>,
    is_running: Cell<bool>,
}

/// What travelled in a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Packets sent.
    pub sent: u64,
    /// Their bytes, all headers included.
    pub sent_bytes: u64,
    /// Packets that arrived where somebody wanted them.
    pub delivered: u64,
    /// Packets that did not, by reason.
    pub lost: BTreeMap<Loss, u64>,
}

impl World {
    /// Makes a world without nodes.
    pub fn new(seed: Seed) -> Self {
        let shared = Shared::new(seed);
        shared.with(|core| core.nodes.push(NodeState::new("world")));
        Self {
            shared,
            seed,
            time_limit: Cell::new(ONE_DAY),
            is_running: Cell::new(false),
        }
    }

    /// Returns the seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Adds a node with one IPv4 and one IPv6 address, both public and in networks of its own.
    pub fn node(&self, name: &str) -> Node {
        let number = self.shared.with(|core| core.nodes.len());
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        // 20.1.0.1, 20.2.0.1, …: a /24 for each, as limits by prefix tell hosts apart by it.
        let [_, high, middle, low] = number.to_be_bytes();
        let ipv4 = Ipv4Addr::new(20, low, middle, high.wrapping_add(1));
        // 2600:0:1::1, 2600:0:2::1, …: likewise with a /48.
        let ipv6 = Ipv6Addr::from_bits((0x2600 << 112) | (u128::from(number) << 80) | 1);
        self.node_at(name, &[ipv4.into(), ipv6.into()])
    }

    /// Adds a node with these addresses; `127.0.0.1` and `::1` need not be named.
    pub fn node_at(&self, name: &str, addresses: &[IpAddr]) -> Node {
        let id = self.shared.with(|core| {
            let id = NodeId::new(u32::try_from(core.nodes.len()).unwrap_or(u32::MAX));
            core.nodes.push(NodeState::new(name));
            for address in addresses {
                core.give(*address, id);
            }
            id
        });
        Node::new(self.shared.clone(), id, name)
    }

    /// Changes the link between two nodes, in both directions.
    pub fn set_link(&self, one: &Node, other: &Node, link: Link) {
        self.set_link_from(one, other, link);
        self.set_link_from(other, one, link);
    }

    /// Changes the link from one node to another; the way back stays as it is.
    pub fn set_link_from(&self, from: &Node, to: &Node, link: Link) {
        self.shared
            .with(|core| core.set_link((from.id(), to.id()), link));
    }

    /// Changes all links that were not changed by themselves.
    pub fn set_default_link(&self, link: Link) {
        self.shared.with(|core| core.set_default_link(link));
    }

    /// Drops packets from here on, until the cut is lifted.
    pub fn cut(&self, cut: Cut) -> CutId {
        self.shared.with(|core| core.cut(cut))
    }

    /// Lifts a cut; returns whether it was in force.
    pub fn lift(&self, cut: CutId) -> bool {
        self.shared.with(|core| core.lift(cut))
    }

    /// Returns the present instant.
    pub fn now(&self) -> Instant {
        self.shared.now()
    }

    /// Returns how long the world has existed, in its own time.
    pub fn elapsed(&self) -> Duration {
        self.shared.elapsed()
    }

    /// Waits, within [`block_on`](Self::block_on).
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.runtime().sleep(duration)
    }

    /// Waits for `future`, but not longer than `limit`.
    ///
    /// # Errors
    ///
    /// The limit passed.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        self.runtime().timeout(limit, future).await
    }

    /// Sets how much virtual time one call of [`block_on`](Self::block_on) may take. A day.
    pub fn set_time_limit(&self, limit: Duration) {
        self.time_limit.set(limit);
    }

    /// Runs the world until `future` completes.
    ///
    /// # Panics
    ///
    /// It never will ([`Stuck`]), or a task panicked.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.try_block_on(future) {
            Ok(output) => output,
            Err(stuck) => panic!("{stuck}"),
        }
    }

    /// As [`block_on`](Self::block_on), but says when the world is stuck.
    ///
    /// # Errors
    ///
    /// The future waits for something that will not happen.
    ///
    /// # Panics
    ///
    /// A task panicked, or this was called from within the world.
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, Stuck> {
        assert!(!self.is_running.replace(true), "a world runs only once");
        let _running = Running(&self.is_running);
        let mut future = std::pin::pin!(future);
        let alarm = self.shared.executor.main();
        let waker = Waker::from(alarm.clone());
        let limit = self.elapsed().saturating_add(self.time_limit.get());
        let mut polls = 0u64;
        loop {
            while let Some(task) = self.shared.executor.next() {
                polls += 1;
                if polls > MAX_POLLS_AT_ONE_INSTANT {
                    return Err(self.stuck(Cause::Spinning));
                }
                self.shared.with(|core| core.note(&Happening::Polled(task)));
                if task != TaskId::MAIN {
                    self.shared.executor.poll(task);
                    continue;
                }
                alarm.hush();
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return Ok(output);
                }
            }
            let before = self.elapsed();
            match self.shared.advance(limit) {
                Advance::Moved if self.elapsed() > before => polls = 0,
                Advance::Moved => {}
                Advance::NothingDue => return Err(self.stuck(Cause::NothingDue)),
                Advance::LimitPassed => return Err(self.stuck(Cause::TimeLimit)),
            }
        }
    }

    /// Runs the world for some time, whatever happens in it.
    pub fn run_for(&self, duration: Duration) {
        self.block_on(self.sleep(duration));
    }

    /// Adds a line to the log.
    pub fn note(&self, text: &str) {
        self.shared.with(|core| core.note(&Happening::Note(text)));
    }

    /// Returns what identifies everything that happened so far.
    pub fn digest(&self) -> LogDigest {
        self.shared.with(|core| core.log.digest())
    }

    /// Keeps the log's lines from here on; they take memory.
    pub fn keep_log(&self) {
        self.shared.with(|core| core.log.keep_lines());
    }

    /// Returns the lines that were kept: one for each packet sent, delivered or lost.
    pub fn log_lines(&self) -> Vec<String> {
        self.shared.with(|core| core.log.lines().to_vec())
    }

    /// Returns what travelled so far.
    pub fn traffic(&self) -> Traffic {
        self.shared.with(|core| core.traffic.clone())
    }

    /// Returns how much is still to happen: timers that somebody waits for, packets under way, retries of a kernel.
    pub fn due(&self) -> usize {
        self.shared.with(|core| core.schedule.len())
    }

    /// Returns how far the world is, for tasks to ask: they cannot hold the world.
    pub fn progress(&self) -> Progress {
        Progress::new(self.shared.clone())
    }

    /// Returns a clock and tasks that belong to no node and never crash.
    pub fn runtime(&self) -> Runtime {
        Node::new(self.shared.clone(), NodeId::OUTSIDE, "world").runtime()
    }

    /// Returns the tasks that run, each with its node's name, oldest first.
    pub fn tasks(&self) -> Vec<(String, &'static str)> {
        let tasks = self.shared.executor.names(None);
        self.shared.with(|core| {
            let named = |(node, task): (NodeId, &'static str)| (core.node(node).name.clone(), task);
            tasks.into_iter().map(named).collect()
        })
    }

    fn stuck(&self, cause: Cause) -> Stuck {
        Stuck {
            cause,
            at: self.elapsed(),
            seed: self.seed,
            waiting: self.tasks(),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Tasks hold handles of the world; without this they would keep each other alive. Nodes go down first,
        // so that nothing starts while tasks are dropped.
        let dropped = self.shared.with(|core| {
            for node in &mut core.nodes {
                node.is_up = false;
                node.life += 1;
            }
            core.schedule.clear()
        });
        self.shared.executor.kill(None);
        drop(dropped);
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.seed)
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}

/// Set while a world runs.
struct Running<'a>(&'a Cell<bool>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

const ONE_DAY: Duration = Duration::from_secs(24 * 3600);

/// More at one instant is a loop.
const MAX_POLLS_AT_ONE_INSTANT: u64 = 1_000_000;
