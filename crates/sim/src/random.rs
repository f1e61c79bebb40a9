//! Worlds that are drawn from a seed, and what must hold in each of them.

mod book;
mod faults;
mod hosts;
mod letter;
mod plan;
mod run;
mod work;

pub use book::Violation;
pub use plan::{Fault, FaultKind, HostPlan, Job, Leave, Letter, Plan, Work};
pub use run::{Failure, Outcome, Tally, run};
