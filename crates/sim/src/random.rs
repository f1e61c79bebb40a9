//! Worlds that are drawn from a seed, and what must hold in each of them.

mod book;
mod clerk;
mod echo;
mod ends;
mod faults;
mod hosts;
mod letter;
mod limits;
mod plan;
mod run;
mod work;

pub use book::{Report, Violation};
pub use plan::{Fault, FaultKind, HostPlan, Job, Leave, Letter, Plan, Work};
pub use run::{Failure, Outcome, Tally, run};
