//! Medians with their spread, and ratios between systems in the same round, as Markdown.

use std::collections::BTreeMap;
use std::fmt;

use crate::case::{Case, Record};
use crate::meter::Measurement;
use crate::name::{Carrier, Name};
use crate::scenario::{Scenario, Unit};
use crate::spread::{Spread, cell};
use crate::{Api, Runtime};

/// All measurements of a run.
#[derive(Default)]
pub(crate) struct Report {
    groups: BTreeMap<Group, BTreeMap<Name, Rounds>>,
}

/// What stands in one table.
type Group = (Scenario, Runtime, Api);

/// The measurements of one case, by round.
type Rounds = BTreeMap<usize, Measurement>;

impl Report {
    pub(crate) fn add(&mut self, record: Record) {
        let case = record.case;
        let group = (case.scenario, case.runtime, case.api);
        let systems = self.groups.entry(group).or_default();
        let rounds = systems.entry(case.system).or_default();
        rounds.insert(record.round, record.measurement);
    }

    /// Returns what the rounds of a case say.
    pub(crate) fn spread(
        &self,
        case: Case,
        value: impl Fn(&Measurement) -> Option<f64>,
    ) -> Option<Spread> {
        Spread::of(self.rounds(case)?.values().filter_map(value))
    }

    /// Returns how a case compares to another system's, round by round.
    pub(crate) fn ratio(
        &self,
        case: Case,
        other: Name,
        value: impl Fn(&Measurement) -> Option<f64>,
    ) -> Option<Spread> {
        let own = self.rounds(case)?;
        let others = self.rounds(Case {
            system: other,
            ..case
        })?;
        let both = own
            .iter()
            .filter_map(|(round, run)| Some((run, others.get(round)?)));
        Spread::of(both.filter_map(|(run, other)| Some(value(run)? / value(other)?)))
    }

    fn rounds(&self, case: Case) -> Option<&Rounds> {
        let group = (case.scenario, case.runtime, case.api);
        self.groups.get(&group)?.get(&case.system)
    }

    /// Writes the table of one scenario on one runtime.
    pub(crate) fn table(&self, f: &mut impl fmt::Write, group: Group) -> fmt::Result {
        let Some(systems) = self.groups.get(&group) else {
            return Ok(());
        };
        let (scenario, runtime, api) = group;
        let unit = scenario.unit();
        let figures = figures(systems);
        let mut heads = vec!["system".to_owned(), unit.rate.to_owned()];
        heads.extend([unit.cpu.to_owned(), "client + server".to_owned()]);
        heads.extend(["CPU ÷ libp2p", "CPU ÷ quinn", "rate ÷ libp2p"].map(str::to_owned));
        heads.extend(["p50 µs", "p99 µs", "peak MiB", "switches"].map(str::to_owned));
        heads.extend(["errors", "runs"].map(str::to_owned));
        heads.extend(figures.iter().cloned());
        row(f, heads.iter())?;
        row(f, heads.iter().map(|_| "---"))?;
        for (&system, rounds) in systems {
            let case = Case {
                scenario,
                runtime,
                system,
                api,
            };
            row(f, self.cells(case, rounds, &unit, &figures))?;
        }
        Ok(())
    }

    fn cells(&self, case: Case, rounds: &Rounds, unit: &Unit, figures: &[String]) -> Vec<String> {
        let cpu = |run: &Measurement| Some(run.cpu_s_per_unit() * unit.cpu_per_second);
        let rate = |run: &Measurement| Some(run.units_per_s());
        let median = |value: fn(&Measurement) -> f64| {
            Spread::of(rounds.values().map(value)).map_or(f64::NAN, |spread| spread.median)
        };
        let each = unit.cpu_per_second;
        let (client, server) = (
            median(|run| run.cpu_client_s / run.units) * each,
            median(|run| run.cpu_server_s / run.units) * each,
        );
        let libp2p = case.system.counterpart();
        let beside_quinn = (case.system.carrier() == Carrier::Quic)
            .then(|| self.ratio(case, Name::Quinn, cpu))
            .flatten();
        let mut cells = vec![
            case.system.name(),
            cell(self.spread(case, rate)),
            cell(self.spread(case, cpu)),
            format!("{client:.2} + {server:.2}"),
            cell(self.ratio(case, libp2p, cpu)),
            cell(beside_quinn),
            cell(self.ratio(case, libp2p, rate)),
            cell(self.spread(case, |run| run.p50_us)),
            cell(self.spread(case, |run| run.p99_us)),
            format!(
                "{:.0} + {:.0}",
                median(|run| run.rss_peak_client_mib),
                median(|run| run.rss_peak_server_mib)
            ),
            format!("{:.0}", median(|run| run.context_switches as f64)),
            rounds
                .values()
                .map(|run| run.errors)
                .sum::<u64>()
                .to_string(),
            rounds.len().to_string(),
        ];
        let further = figures
            .iter()
            .map(|name| cell(self.spread(case, |run| run.figure(name))));
        cells.extend(further);
        cells
    }

    /// Returns what there are tables of.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group> {
        self.groups.keys().copied()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in self.groups() {
            let (scenario, runtime, api) = group;
            let (scenario, runtime, api) = (scenario.name(), runtime.name(), api.name());
            writeln!(f, "\n### {scenario} ({runtime}, {api})\n")?;
            self.table(f, group)?;
        }
        Ok(())
    }
}

/// Writes a row of a table.
pub(crate) fn row<T: fmt::Display>(
    f: &mut impl fmt::Write,
    cells: impl IntoIterator<Item = T>,
) -> fmt::Result {
    write!(f, "|")?;
    for cell in cells {
        write!(f, " {cell} |")?;
    }
    writeln!(f)
}

/// Returns the names of what a scenario alone tells.
fn figures(systems: &BTreeMap<Name, Rounds>) -> Vec<String> {
    let first = systems.values().flat_map(BTreeMap::values).next();
    let names = first.into_iter().flat_map(|run| &run.figures);
    names.map(|(name, _)| name.clone()).collect()
}
