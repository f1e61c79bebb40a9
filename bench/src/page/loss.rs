//! The path with loss, which the simulator measures in virtual time: the machine has no part in it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::goal::Verdict;
use crate::report::row;
use crate::spread::figure;

/// What the simulator's snapshot says of 1 Gbit/s and 50 ms.
pub(super) struct Loss<'a> {
    /// The table, with its heads.
    table: Vec<&'a str>,
    /// Mbit/s on one stream at 1 % loss.
    one: f64,
    /// The same on eight streams together.
    eight: f64,
}

impl<'a> Loss<'a> {
    pub(super) const MEASURE: &'static str =
        "1 Gbit/s, 50 ms, 1 % loss: Mbit/s on one stream, on eight";

    /// Reads the snapshot of the throughput scenario.
    pub(super) fn read(snapshot: &'a str) -> Result<Self> {
        let (_, rest) = snapshot
            .split_once(HEADLINE)
            .with_context(|| format!("the snapshot of throughput has no `{HEADLINE}`"))?;
        let is_row = |line: &&str| line.starts_with('|');
        let lines = rest.lines().skip_while(|line| !is_row(line));
        let table: Vec<_> = lines.take_while(is_row).collect();
        let at_one_percent = table.iter().find(|line| line.starts_with("| 1 % |"));
        let mut cells = at_one_percent
            .context("the snapshot of throughput has no row for 1 %")?
            .split('|')
            .skip(2);
        // All of it, and its second half.
        let mut next = || -> Option<f64> { cells.next()?.split('/').next()?.trim().parse().ok() };
        let (one, eight) = (next(), next());
        Ok(Self {
            one: one.context("the row for 1 % has no figure for one stream")?,
            eight: eight.context("the row for 1 % has no figure for eight streams")?,
            table,
        })
    }

    pub(super) fn holds(&self) -> bool {
        self.verdict() != Verdict::Missed
    }

    fn verdict(&self) -> Verdict {
        match (self.one >= MUST_ONE, self.eight >= AIM_EIGHT) {
            (true, true) => Verdict::Aim,
            (true, false) => Verdict::Must,
            (false, _) => Verdict::Missed,
        }
    }

    /// Returns the row of the table of goals.
    pub(super) fn cells(&self) -> Vec<String> {
        let nothing = || "–".to_owned();
        vec![
            Self::MEASURE.to_owned(),
            "`sim throughput`".to_owned(),
            "virtual".to_owned(),
            format!("≥ {} on one", figure(MUST_ONE)),
            format!("≥ {} on eight", figure(AIM_EIGHT)),
            format!("{}, {}", figure(self.one), figure(self.eight)),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            self.verdict().to_string(),
        ]
    }

    /// Quotes the whole table.
    pub(super) fn tell(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "The path with loss is measured in virtual time, where the machine does not count, so it has no spread: \
             `cargo xtask sim --scenario throughput`; [scenarios](scenarios.md#throughput) has more of it, and its \
             conditions. At 1 Gbit/s and a round trip of 50 ms, Mbit/s from the opening of the stream to the \
             confirmation, and of the second half alone:\n"
        )?;
        for (index, line) in self.table.iter().enumerate() {
            let cells = line.trim_matches('|').split('|');
            match index {
                1 => row(text, cells.map(|_| "---"))?,
                _ => row(text, cells.map(str::trim))?,
            }
        }
        writeln!(text)?;
        Ok(())
    }
}

const HEADLINE: &str = "At 1 Gbit/s and a round trip of 50 ms";

/// Mbit/s.
const MUST_ONE: f64 = 200.0;
const AIM_EIGHT: f64 = 900.0;

#[cfg(test)]
mod tests;
