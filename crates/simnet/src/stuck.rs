//! Why a world does not go on.

use std::{collections::BTreeMap, fmt, time::Duration};

use sinew_testkit::Seed;

/// The world will not complete what it was asked to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub(crate) cause: Cause,
    pub(crate) at: Duration,
    pub(crate) seed: Seed,
    /// Node and task, oldest first.
    pub(crate) waiting: Vec<(String, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    NothingDue,
    TimeLimit,
    Spinning,
}

impl Stuck {
    /// Says whether every task waits for another: nothing can run, and nothing is due.
    pub fn is_deadlock(&self) -> bool {
        self.cause == Cause::NothingDue
    }

    /// Returns the tasks that wait, by node and name, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.waiting
            .iter()
            .map(|(node, task)| (node.as_str(), *task))
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = match self.cause {
            Cause::NothingDue => "deadlock: nothing can run and nothing is due",
            Cause::TimeLimit => "the time limit passed",
            Cause::Spinning => "tasks wake each other for ever without time passing",
        };
        write!(f, "{cause}, at {:?} with seed {}; ", self.at, self.seed)?;
        let mut counts: BTreeMap<_, u32> = BTreeMap::new();
        for waiting in &self.waiting {
            *counts.entry(waiting).or_default() += 1;
        }
        if counts.is_empty() {
            return f.write_str("no task is left");
        }
        f.write_str("waiting:")?;
        for ((node, task), count) in counts {
            write!(f, " {node}/{task}")?;
            if count > 1 {
                write!(f, " ({count} times)")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Stuck {}
