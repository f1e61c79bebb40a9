//! Why what misses its goal does: written by hand in a file of its own, told where it applies.

use std::fmt::Write as _;

use anyhow::Result;

/// Explanations by what they are about, each under a heading `## MEASURE`, as the table of goals calls it.
pub(super) struct Notes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Notes<'a> {
    pub(super) fn read(file: &'a str) -> Self {
        let sections = file.split("\n## ").skip(1);
        let notes = sections.filter_map(|section| section.split_once('\n'));
        Self(
            notes
                .map(|(measure, note)| (measure.trim(), note.trim()))
                .collect(),
        )
    }

    /// Tells about each of `missed`, or that nobody has explained it yet.
    pub(super) fn tell(&self, text: &mut String, missed: &[&str]) -> Result<()> {
        if missed.is_empty() {
            writeln!(text, "No row misses its must.\n")?;
            return Ok(());
        }
        writeln!(text, "### Why rows miss their must\n")?;
        for measure in missed {
            let found = self.0.iter().find(|(about, _)| about == measure);
            let note = found.map_or(UNEXPLAINED, |(_, note)| note);
            if found.is_none() {
                eprintln!("docs/performance/missed.md does not explain: {measure}");
            }
            writeln!(text, "**{measure}.** {note}\n")?;
        }
        Ok(())
    }
}

const UNEXPLAINED: &str = "Not explained yet.";

#[cfg(test)]
mod tests;
