//! The measured part of the page, as Markdown.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::goal::{Goal, Row};
use super::machine::Machine;
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

pub(super) fn measured(machine: &Machine, report: &Report, scenarios: &str) -> Result<String> {
    let mut text = format!("{machine}\n");
    goals(&mut text, report)?;
    loss(&mut text, scenarios)?;
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

fn goals(text: &mut String, report: &Report) -> Result<()> {
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
    for goal in rows::all() {
        row(text, cells(&goal, report))?;
    }
    writeln!(text)?;
    Ok(())
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

/// Quotes the simulator's row for 50 ms, which the machine has no part in.
fn loss(text: &mut String, scenarios: &str) -> Result<()> {
    let (_, throughput) = scenarios
        .split_once("<!-- scenario throughput -->")
        .context("docs/scenarios.md has no throughput")?;
    let lines = || throughput.lines().take_while(|line| *line != END);
    let find = |start: &str| lines().find(|line| line.starts_with(start));
    let head = find("| round trip").context("docs/scenarios.md has no row of heads")?;
    let found = find("| 50 ms").context("docs/scenarios.md has no row for 50 ms")?;
    writeln!(
        text,
        "The path with loss is measured in virtual time, where the machine does not count: `cargo xtask sim --scenario \
         throughput`, whose figures and conditions stand in [scenarios](scenarios.md#throughput). The goals are \
         ≥ 200 Mbit/s on one stream at 50 ms and 1 % (must) and ≥ 900 on eight (aim). Its row for 50 ms over QUIC, \
         Mbit/s:\n"
    )?;
    writeln!(text, "{head}")?;
    row(text, head.split('|').skip(2).map(|_| "---"))?;
    writeln!(text, "{found}\n")?;
    Ok(())
}

const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests;
