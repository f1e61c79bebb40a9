//! What a scenario says.

use std::fmt::{self, Write as _};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sinew_simnet::World;

use super::Scenario;

/// The figures of a scenario. Displayed as Markdown.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which scenario.
    pub name: &'static str,
    /// What is measured.
    pub about: &'static str,
    /// The figures.
    pub tables: Vec<Table>,
    /// What is demanded of the figures and not so, a sentence each.
    pub misses: Vec<String>,
    /// Worlds that were run.
    pub worlds: u64,
    /// How long they took, in their own time.
    pub virtual_seconds: f64,
    /// Packets that were sent in them.
    pub packets: u64,
    /// Identifies everything that happened in them.
    pub digest: String,
}

/// Figures with a name for each column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What is the same for all of them.
    pub title: String,
    /// The names of the columns; units stand in them.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Report {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name,
            about: scenario.about,
            tables: Vec::new(),
            misses: Vec::new(),
            worlds: 0,
            virtual_seconds: 0.0,
            packets: 0,
            digest: String::new(),
        }
    }

    /// Notes that a world has done its part.
    pub(super) fn ran(&mut self, world: &World) {
        self.worlds += 1;
        self.virtual_seconds += world.elapsed().as_secs_f64();
        self.packets += world.traffic().sent;
        let so_far = format!("{}{}", self.digest, world.digest());
        let digest = Sha256::digest(so_far);
        self.digest.clear();
        for byte in digest.iter().take(8) {
            // A string takes whatever comes.
            let _full = write!(self.digest, "{byte:02x}");
        }
    }

    /// Notes that something is not as it is demanded, which fails the scenario.
    pub(super) fn miss(&mut self, what: String) {
        self.misses.push(what);
    }

    pub(super) fn add(&mut self, table: Table) {
        self.tables.push(table);
    }
}

impl Table {
    pub(super) fn new<'a>(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            title: title.into(),
            columns: columns.into_iter().map(str::to_owned).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.about)?;
        for table in &self.tables {
            write!(f, "\n{table}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:\n", self.title)?;
        writeln!(f, "| {} |", self.columns.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.columns.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}
