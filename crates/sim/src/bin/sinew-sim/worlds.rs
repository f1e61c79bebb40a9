//! Runs random worlds on all cores.

use std::{
    num::NonZeroUsize,
    ops::Range,
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
        let seeds = match arguments.seed {
            Some(seed) => seed.value()..seed.value().saturating_add(1),
            None => 0..arguments.seeds,
        };
        let next = AtomicU64::new(seeds.start);
        let worlds = Mutex::new(Self::default());
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work(arguments, &seeds, &next, &worlds));
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

/// Runs one world after another, as long as there are any.
fn work(arguments: &Arguments, seeds: &Range<u64>, next: &AtomicU64, worlds: &Mutex<Worlds>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end {
            return;
        }
        let plan = Plan::draw(Seed::new(seed), arguments.hosts);
        if arguments.plan {
            eprintln!("{plan:#?}");
        }
        let result = run(&plan, arguments.log.is_some());
        let mut worlds = worlds.lock().unwrap_or_else(PoisonError::into_inner);
        if !worlds.add(result) {
            // Nobody begins another.
            next.store(seeds.end, Ordering::Relaxed);
        }
    }
}

/// What is systematically wrong need not be shown a thousand times.
const MAX_FAILURES: usize = 10;
