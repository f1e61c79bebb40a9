//! All worlds together, in numbers.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sinew_sim::random::Outcome;

use crate::worlds::Worlds;

/// All worlds together.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    worlds: usize,
    failed: usize,
    hosts: usize,
    virtual_hours: f64,
    seconds: f64,
    packets: u64,
    jobs: u64,
    letters: u64,
    left: u64,
    failures: u64,
    /// Identifies everything that happened in all worlds.
    digest: String,
}

impl Summary {
    pub(crate) fn of(worlds: &Worlds, seconds: f64) -> Self {
        let (outcomes, failed) = (&worlds.outcomes, worlds.failures.len());
        let sum = |count: fn(&Outcome) -> u64| outcomes.iter().map(count).sum();
        let mut digest = Sha256::new();
        for outcome in outcomes {
            digest.update(&outcome.digest);
        }
        let digest: [u8; 32] = digest.finalize().into();
        Self {
            worlds: outcomes.len() + failed,
            failed,
            hosts: outcomes.iter().map(|it| it.hosts).sum(),
            virtual_hours: outcomes.iter().map(|it| it.virtual_seconds).sum::<f64>() / 3600.0,
            seconds,
            packets: sum(|it| it.packets),
            jobs: sum(|it| it.tally.jobs),
            letters: sum(|it| it.tally.letters),
            left: sum(|it| it.tally.left),
            failures: sum(|it| it.tally.failures),
            digest: digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }

    pub(crate) fn print(&self) {
        println!(
            "{} worlds, {} hosts, {:.1} virtual hours, {} packets in {:.1} s; {} failed",
            self.worlds, self.hosts, self.virtual_hours, self.packets, self.seconds, self.failed
        );
        println!(
            "{} jobs: {} letters confirmed, {} left, {} failed because something went wrong",
            self.jobs, self.letters, self.left, self.failures
        );
        println!("digest {}", self.digest);
    }
}
