//! What a goal is, and whether it holds.

use std::fmt;

use crate::case::Case;
use crate::meter::Measurement;
use crate::name::Name;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::spread::{Spread, figure};

/// A row of the table of goals.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) measure: &'static str,
    pub(super) case: Case,
    pub(super) value: Value,
    pub(super) must: Vec<Goal>,
    pub(super) aim: Vec<Goal>,
}

/// What of a measurement is held against a goal.
#[derive(Clone, Copy)]
pub(super) enum Value {
    /// In the scenario's own unit.
    Cpu,
    Rate,
    P50,
    P99,
    Figure(&'static str),
}

/// A bound for the median, or for the median of the ratios to another system.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    Most(f64),
    Least(f64),
    MostOf(Name, f64),
    LeastOf(Name, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Aim,
    Must,
    Missed,
    NotMeasured,
}

impl Value {
    pub(super) fn of(self, scenario: Scenario, run: &Measurement) -> Option<f64> {
        match self {
            Self::Cpu => Some(run.cpu_s_per_unit() * scenario.unit().cpu_per_second),
            Self::Rate => Some(run.units_per_s()),
            Self::P50 => run.p50_us,
            Self::P99 => run.p99_us,
            Self::Figure(name) => run.figure(name),
        }
    }
}

impl Row {
    pub(super) fn spread(&self, report: &Report) -> Option<Spread> {
        let value = |run: &Measurement| self.value.of(self.case.scenario, run);
        report.spread(self.case, value)
    }

    /// Returns what another system has in this row.
    pub(super) fn others(&self, report: &Report, other: Name) -> Option<Spread> {
        let value = |run: &Measurement| self.value.of(self.case.scenario, run);
        report.spread(self.beside(other), value)
    }

    pub(super) fn ratio(&self, report: &Report, other: Name) -> Option<Spread> {
        let value = |run: &Measurement| self.value.of(self.case.scenario, run);
        report.ratio(self.case, other, value)
    }

    pub(super) fn verdict(&self, report: &Report) -> Verdict {
        let all = |goals: &[Goal]| {
            let held = goals.iter().map(|goal| self.holds(report, *goal));
            held.collect::<Option<Vec<_>>>()
        };
        let (Some(must), Some(aim)) = (all(&self.must), all(&self.aim)) else {
            return Verdict::NotMeasured;
        };
        let hold = |held: Vec<bool>| held.into_iter().all(|held| held);
        match (hold(must), hold(aim)) {
            (true, true) => Verdict::Aim,
            (true, false) => Verdict::Must,
            (false, _) => Verdict::Missed,
        }
    }

    fn holds(&self, report: &Report, goal: Goal) -> Option<bool> {
        let own = self.spread(report)?.median;
        let ratio = |other| Some(self.ratio(report, other)?.median);
        Some(match goal {
            Goal::Most(bound) => own <= bound,
            Goal::Least(bound) => own >= bound,
            Goal::MostOf(other, bound) => ratio(other)? <= bound,
            Goal::LeastOf(other, bound) => ratio(other)? >= bound,
        })
    }

    fn beside(&self, system: Name) -> Case {
        // What others do on loopback is what they do on Ethernet.
        Case {
            system,
            ..self.case
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most(bound) => write!(f, "≤ {}", figure(*bound)),
            Self::Least(bound) => write!(f, "≥ {}", figure(*bound)),
            Self::MostOf(other, bound) => write!(f, "≤ {bound:.2} × {other}"),
            Self::LeastOf(other, bound) => write!(f, "≥ {bound:.2} × {other}"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Missed => "**missed**",
            Self::NotMeasured => "not measured",
        })
    }
}
