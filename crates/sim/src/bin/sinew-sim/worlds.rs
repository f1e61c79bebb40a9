//! Runs random worlds on all cores.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use sinew_sim::random::{Failure, Outcome, Plan, run};
use sinew_testkit::Seed;

use crate::Arguments;

/// What became of the worlds, in the order of their seeds.
#[derive(Debug, Default)]
pub(crate) struct Worlds {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) failures: Vec<Failure>,
}

impl Worlds {
    /// Runs those that are asked for, or until too many have failed.
    pub(crate) fn run(arguments: &Arguments) -> Self {
        let seeds = Seeds::of(arguments.seed, arguments.seeds);
        let next = AtomicU64::new(0);
        let worlds = Mutex::new(Self::default());
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work(arguments, seeds, &next, &worlds));
            }
        });
        let mut worlds = worlds.into_inner().unwrap_or_else(PoisonError::into_inner);
        worlds.outcomes.sort_by_key(|outcome| outcome.seed);
        worlds.failures.sort_by_key(|failure| failure.seed);
        worlds
    }

    /// Returns the lines that were kept, one for each packet.
    pub(crate) fn log(&self) -> String {
        let logs = self.outcomes.iter().map(|it| &it.log);
        let logs = logs.chain(self.failures.iter().map(|it| &it.log));
        let lines: Vec<_> = logs.flatten().map(String::as_str).collect();
        lines.join("\n")
    }

    /// Returns whether another world is wanted after this one.
    fn add(&mut self, result: Result<Outcome, Failure>) -> bool {
        match result {
            Ok(outcome) => self.outcomes.push(outcome),
            Err(failure) => self.failures.push(failure),
        }
        self.failures.len() < MAX_FAILURES
    }
}

/// Which worlds are wanted.
#[derive(Clone, Copy, Debug)]
struct Seeds {
    first: u64,
    count: u64,
}

impl Seeds {
    fn of(first: Option<Seed>, count: Option<u64>) -> Self {
        Self {
            first: first.map_or(0, Seed::value),
            count: count.unwrap_or(if first.is_some() { 1 } else { WORLDS }),
        }
    }

    fn get(self, index: u64) -> Option<Seed> {
        // After the last seed comes the first.
        (index < self.count).then(|| Seed::new(self.first.wrapping_add(index)))
    }
}

/// Runs one world after another, as long as there are any.
fn work(arguments: &Arguments, seeds: Seeds, next: &AtomicU64, worlds: &Mutex<Worlds>) {
    while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
        let plan = Plan::draw(seed, arguments.hosts);
        if arguments.plan {
            eprintln!("{plan:#?}");
        }
        let result = run(&plan, arguments.log.is_some());
        let mut worlds = worlds.lock().unwrap_or_else(PoisonError::into_inner);
        if !worlds.add(result) {
            // Nobody begins another.
            next.store(seeds.count, Ordering::Relaxed);
        }
    }
}

/// Worlds that are run where nobody says how many.
const WORLDS: u64 = 200;

/// What is systematically wrong need not be shown a thousand times.
const MAX_FAILURES: usize = 10;

#[cfg(test)]
mod tests;
