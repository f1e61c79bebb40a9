//! Medians with their spread, and ratios between systems, as Markdown.

use std::collections::BTreeMap;
use std::fmt;

use crate::meter::Measurement;
use crate::scenario::Scenario;
use crate::system::Name;
use crate::{Api, Runtime};

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) runtime: Runtime,
    pub(crate) system: Name,
    pub(crate) api: Api,
}

impl Case {
    pub(crate) fn to_json(self, round: usize, measurement: &Measurement) -> serde_json::Value {
        serde_json::json!({
            "scenario": self.scenario.name(),
            "runtime": self.runtime.name(),
            "system": self.system.name(),
            "api": self.api.name(),
            "round": round,
            "measurement": measurement,
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenario, runtime) = (self.scenario.name(), self.runtime.name());
        write!(
            f,
            "{scenario} on {} ({runtime}, {})",
            self.system.name(),
            self.api.name()
        )
    }
}

/// All measurements of a run.
#[derive(Default)]
pub(crate) struct Report {
    groups: BTreeMap<(Scenario, &'static str), BTreeMap<Name, Vec<Measurement>>>,
}

impl Report {
    pub(crate) fn add(&mut self, case: Case, measurement: Measurement) {
        let group = self
            .groups
            .entry((case.scenario, case.runtime.name()))
            .or_default();
        group.entry(case.system).or_default().push(measurement);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((scenario, runtime), systems) in &self.groups {
            let unit = scenario.unit();
            writeln!(f, "\n### {} ({runtime})\n", scenario.name())?;
            let figures = figures(systems);
            writeln!(
                f,
                "| system | {} | {} | CPU beside libp2p | p50 us | p99 us | peak MiB client/server | switches | errors | runs |{}",
                unit.rate,
                unit.cpu,
                cells(&figures, |name| name.clone())
            )?;
            writeln!(
                f,
                "|---|---|---|---|---|---|---|---|---|---|{}",
                cells(&figures, |_| "---".to_owned())
            )?;
            let cpu = |runs: &[Measurement]| {
                Spread::of(runs, |run| run.cpu_s_per_unit() * unit.cpu_per_second)
            };
            for (system, runs) in systems {
                let own = cpu(runs);
                let libp2p = systems.get(&system.counterpart());
                let libp2p = libp2p.map(|runs| cpu(runs).median);
                let ratio = libp2p.map_or("–".to_owned(), |libp2p| {
                    format!("{:.2}", own.median / libp2p)
                });
                let median = |value: fn(&Measurement) -> f64| Spread::of(runs, value).median;
                writeln!(
                    f,
                    "| {} | {} | {own} | {ratio} | {} | {} | {:.0}/{:.0} | {:.0} | {} | {} |{}",
                    system.name(),
                    Spread::of(runs, Measurement::units_per_s),
                    optional(runs, |run| run.p50_us),
                    optional(runs, |run| run.p99_us),
                    median(|run| run.rss_peak_client_mib),
                    median(|run| run.rss_peak_server_mib),
                    median(|run| run.context_switches as f64),
                    runs.iter().map(|run| run.errors).sum::<u64>(),
                    runs.len(),
                    cells(&figures, |name| Spread::of_values(named(runs, name))
                        .to_string()),
                )?;
            }
        }
        Ok(())
    }
}

/// Returns the names of what a scenario alone tells.
fn figures(systems: &BTreeMap<Name, Vec<Measurement>>) -> Vec<String> {
    let first = systems.values().flatten().next();
    let names = first.into_iter().flat_map(|run| &run.figures);
    names.map(|(name, _)| name.clone()).collect()
}

/// Returns what the runs say of one of those.
fn named(runs: &[Measurement], wanted: &str) -> Vec<f64> {
    let all = runs.iter().flat_map(|run| &run.figures);
    all.filter(|(name, _)| name == wanted)
        .map(|(_, value)| *value)
        .collect()
}

/// Returns further cells of a row.
fn cells(names: &[String], cell: impl Fn(&String) -> String) -> String {
    names
        .iter()
        .map(|name| format!(" {} |", cell(name)))
        .collect()
}

/// The median of some runs, and how far they lie apart.
#[derive(Debug, PartialEq)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    fn of(runs: &[Measurement], value: impl Fn(&Measurement) -> f64) -> Self {
        Self::of_values(runs.iter().map(value).collect())
    }

    fn of_values(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            at(middle)
        } else {
            (at(middle.saturating_sub(1)) + at(middle)) / 2.0
        };
        Self {
            median,
            min: at(0),
            max: at(values.len().saturating_sub(1)),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}–{})",
            figure(self.median),
            figure(self.min),
            figure(self.max)
        )
    }
}

fn optional(runs: &[Measurement], value: impl Fn(&Measurement) -> Option<f64>) -> String {
    let values: Vec<f64> = runs.iter().filter_map(value).collect();
    if values.is_empty() {
        return "–".to_owned();
    }
    figure(Spread::of_values(values).median)
}

/// Three significant digits at least, and no more decimals than they need.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests;
