//! Scenarios with figures, which are exact because time is virtual.
//!
//! Each [`Scenario`] makes a few worlds, measures something in them and returns a [`Report`]. What it said last is
//! kept in `crates/sim/snapshots` and in `docs/scenarios.md`; a change that moves a figure shows there.

mod crowd;
mod dead_peer;
mod error;
mod fairness;
mod gaps;
mod head_of_line;
mod idle;
mod lab;
mod latency;
mod migration;
mod pattern;
mod percentiles;
mod price;
mod report;
mod restart;
mod snapshot;
mod throughput;
mod transfer;

pub use error::Error;
pub use report::{Report, Table};
pub use snapshot::{Difference, Snapshots};

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What it is called on the command line, and its snapshot.
    pub name: &'static str,
    /// What is measured, in one sentence.
    pub about: &'static str,
    /// Whether it is quick enough for every run of the tests.
    pub is_cheap: bool,
    measure: fn(&mut Report) -> Result<(), Error>,
}

impl Scenario {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        throughput::SCENARIO,
        latency::SCENARIO,
        head_of_line::SCENARIO,
        migration::SCENARIO,
        dead_peer::SCENARIO,
        restart::SCENARIO,
        fairness::SCENARIO,
        gaps::SCENARIO,
        idle::DAY,
        idle::HOURS,
        crowd::THOUSAND,
        crowd::DOZEN,
    ];

    /// Finds one by its name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name == name)
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// Something failed that must not in this scenario.
    pub fn run(&self) -> Result<Report, Error> {
        let mut report = Report::new(self);
        (self.measure)(&mut report)?;
        Ok(report)
    }
}
