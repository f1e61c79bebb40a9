//! What scenarios said last.

use std::{fs, io, path::PathBuf};

use super::{Report, Scenario};

/// The files that hold what scenarios said last: one for each in `crates/sim/snapshots`, and all of them between
/// marks in `docs/scenarios.md`.
#[derive(Clone, Debug)]
pub struct Snapshots {
    repository: PathBuf,
}

/// A report is not what its snapshot says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is not what its snapshot says; if that is meant to be, run `cargo xtask sim --scenario {name} --update` and explain it in docs/scenarios.md\n{lines}"
)]
pub struct Difference {
    /// Which scenario.
    pub name: &'static str,
    /// The lines that differ: `-` for the snapshot's, `+` for the report's.
    pub lines: String,
}

impl Snapshots {
    /// Those of the repository that this was built in.
    pub fn of_this_repository() -> Self {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        Self {
            repository: here.join("../.."),
        }
    }

    /// Compares a report with its snapshot.
    ///
    /// # Errors
    ///
    /// They differ, or there is no snapshot.
    pub fn compare(&self, report: &Report) -> Result<(), Difference> {
        let said = fs::read_to_string(self.file(report.name)).unwrap_or_default();
        let says = report.to_string();
        if said == says {
            return Ok(());
        }
        let mut lines = String::new();
        let mut add = |mark: &str, line: &str| {
            lines.push_str(mark);
            lines.push_str(line);
            lines.push('\n');
        };
        for line in said.lines().filter(|line| !says.contains(line)) {
            add("- ", line);
        }
        for line in says.lines().filter(|line| !said.contains(line)) {
            add("+ ", line);
        }
        Err(Difference {
            name: report.name,
            lines,
        })
    }

    /// Makes a report the snapshot, here and in the documentation.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, or the documentation has no marks for this scenario.
    pub fn update(&self, report: &Report) -> io::Result<()> {
        fs::write(self.file(report.name), report.to_string())?;
        let documentation = fs::read_to_string(self.documentation())?;
        let (before, _, after) = split(&documentation, report.name).ok_or_else(|| {
            let what = format!("docs/scenarios.md has no marks for {}", report.name);
            io::Error::new(io::ErrorKind::InvalidData, what)
        })?;
        fs::write(self.documentation(), format!("{before}{report}{after}"))
    }

    /// Returns what a scenario said last, and what the documentation says that it did.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn read(&self, scenario: &Scenario) -> io::Result<(String, Option<String>)> {
        let said = fs::read_to_string(self.file(scenario.name))?;
        let documentation = fs::read_to_string(self.documentation())?;
        let told = split(&documentation, scenario.name).map(|(_, told, _)| told.to_owned());
        Ok((said, told))
    }

    fn file(&self, name: &str) -> PathBuf {
        let snapshots = self.repository.join("crates/sim/snapshots");
        snapshots.join(format!("{name}.md"))
    }

    fn documentation(&self) -> PathBuf {
        self.repository.join("docs/scenarios.md")
    }
}

/// Splits a text at the marks of a scenario, which stay outside.
fn split<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let begin = format!("<!-- scenario {name} -->\n");
    let at = text.find(&begin)? + begin.len();
    let (before, rest) = text.split_at_checked(at)?;
    let (told, after) = rest.split_at_checked(rest.find("<!-- end -->")?)?;
    Some((before, told, after))
}
