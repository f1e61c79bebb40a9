//! The measured part of the page, as Markdown.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::goal::{Goal, Row, Verdict};
use super::loss::Loss;
use super::machine::Machine;
use super::missed::Notes;
use super::{plots, rows};
use crate::name::{Carrier, Name};
use crate::report::{Report, row};
use crate::spread::cell;

/// Returns `page` with the part between the marks of `part` replaced.
pub(super) fn replaced(page: &str, part: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- {part} -->\n");
    let (before, rest) = page
        .split_once(&begin)
        .with_context(|| format!("docs/performance.md has no mark `{}`", begin.trim()))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("docs/performance.md has no mark `{END}` after `{part}`"))?;
    Ok(format!("{before}{begin}{}\n{END}{after}", text.trim_end()))
}

/// What the part tells beside the measurements.
pub(super) struct Beside<'a> {
    /// The path with loss.
    pub(super) loss: Loss<'a>,
    /// Why what misses its goal does.
    pub(super) notes: Notes<'a>,
}

pub(super) fn measured(machine: &Machine, report: &Report, beside: &Beside<'_>) -> Result<String> {
    let mut text = format!("{machine}\n");
    let mut missed = goals(&mut text, report)?;
    row(&mut text, beside.loss.cells())?;
    if !beside.loss.holds() {
        missed.push(Loss::MEASURE);
    }
    writeln!(text)?;
    beside.notes.tell(&mut text, &missed)?;
    beside.loss.tell(&mut text)?;
    for plot in plots::ALL {
        let (title, file) = (plot.title, plot.file);
        writeln!(text, "![{title}](performance/{file})\n")?;
    }
    writeln!(text, "## All measurements\n")?;
    writeln!(
        text,
        "Medians, with the smallest and the largest in parentheses. `mt` is tokio's multi-thread runtime with two \
         workers (Go: two threads), `ct` its current-thread runtime (Go: one); `calls` are ordinary reads and writes, \
         `bytes` hand buffers over. CPU is that of both processes.\n"
    )?;
    for group in report.groups() {
        let (scenario, runtime, api) = group;
        let (scenario, runtime, api) = (scenario.name(), runtime.name(), api.name());
        writeln!(text, "### `{scenario}` ({runtime}, {api})\n")?;
        report.table(&mut text, group)?;
        writeln!(text)?;
    }
    Ok(text)
}

/// Writes the table, and returns what misses its must.
fn goals(text: &mut String, report: &Report) -> Result<Vec<&'static str>> {
    writeln!(text, "## The goals\n")?;
    writeln!(
        text,
        "Medians, with the smallest and the largest of all rounds in parentheses. A ratio, ours to theirs, is taken \
         within a round. The last column says what the medians hold: the *aim*, the *must*, or neither. Each row again: `cargo xtask bench SCENARIO \
         --against libp2p quinn --runtime RUNTIME`.\n"
    )?;
    let heads = [
        "measure",
        "scenario",
        "runtime",
        "must",
        "aim",
        "ours",
        "rust-libp2p",
        "quinn",
        "÷ rust-libp2p",
        "÷ quinn",
        "holds",
    ];
    row(text, heads)?;
    row(text, heads.map(|_| "---"))?;
    let mut missed = Vec::new();
    for goal in rows::all() {
        row(text, cells(&goal, report))?;
        if goal.verdict(report) == Verdict::Missed {
            missed.push(goal.measure);
        }
    }
    missed.dedup();
    Ok(missed)
}

fn cells(goal: &Row, report: &Report) -> Vec<String> {
    let case = goal.case;
    let libp2p = case.system.counterpart();
    let quinn = (case.system.carrier() == Carrier::Quic).then_some(Name::Quinn);
    let listed = |goals: &[Goal]| {
        let goals: Vec<_> = goals.iter().map(ToString::to_string).collect();
        goals.join(", ")
    };
    vec![
        goal.measure.to_owned(),
        format!("`{}`", case.scenario.name()),
        case.runtime.name().to_owned(),
        listed(&goal.must),
        listed(&goal.aim),
        cell(goal.spread(report)),
        cell(goal.others(report, libp2p)),
        cell(quinn.and_then(|quinn| goal.others(report, quinn))),
        cell(goal.ratio(report, libp2p)),
        cell(quinn.and_then(|quinn| goal.ratio(report, quinn))),
        goal.verdict(report).to_string(),
    ]
}

const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests;
