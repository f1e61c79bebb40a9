//! Our program against other libp2p implementations, both directions, as processes on loopback.
//!
//! Every peer in `interop/` has one command line (see `peer`), so a new one costs a line in a table here.
//! Each row of the plan starts the listening side afresh and tries everything on it; every cell that the plan
//! knows must have run, and passed.

mod checks;
mod install;
mod ours;
mod peer;
mod plan;
mod process;
mod redis;
mod table;

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::workspace::Workspace;

use checks::Sides;
use ours::Ours;
use peer::Peer;
use plan::Suite;
pub(crate) use plan::{Implementation, Scope};
use table::{Outcome, Table};

/// What the person asked for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The implementations to run against; all of them when none is named.
    #[arg(value_enum)]
    peers: Vec<Implementation>,
    /// Leave out what a change seldom breaks.
    #[arg(long)]
    quick: bool,
    /// Print one JSON object a cell instead of the table.
    #[arg(long)]
    json: bool,
    /// Run this `sinew` program instead of building one.
    #[arg(long)]
    program: Option<PathBuf>,
}

impl Options {
    /// What CI runs on every push.
    pub(crate) const QUICK: Self = Self {
        peers: Vec::new(),
        quick: true,
        json: false,
        program: None,
    };

    fn scope(&self) -> Scope {
        if self.quick {
            Scope::Quick
        } else {
            Scope::Full
        }
    }

    fn peers(&self) -> &[Implementation] {
        if self.peers.is_empty() {
            Implementation::in_scope(self.scope())
        } else {
            &self.peers
        }
    }
}

/// Builds both sides, runs the plan, prints what came of it, and fails unless every known cell passed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Error> {
    let logs = workspace.target.join("interop");
    make_empty(&logs)?;
    let ours = Ours::new(workspace, options.program.as_deref(), &logs)?;
    let driver = match options.scope() {
        Scope::Quick => None,
        Scope::Full => Some(Peer::new(install::driver(workspace)?)?),
    };
    let mut table = Table::default();
    for &implementation in options.peers() {
        let peer = Peer::new(install::install(implementation, workspace)?)?;
        let rows = plan::rows(implementation, options.scope());
        if rows.iter().any(|row| row.suite == Suite::Contract) {
            install::redis()?;
        }
        for row in rows {
            let row_logs = RowLogs::new(&logs, &row)?;
            let sides = Sides {
                ours: &ours,
                driver: driver.as_ref(),
                peer: &peer,
                logs: &row_logs.path,
            };
            let outcomes = checks::run(&row, &sides);
            if outcomes.iter().all(Outcome::is_settled) {
                row_logs.discard();
            }
            eprintln!("{}", table.add(row, peer.version(), outcomes));
        }
    }
    if options.json {
        print!("{}", table.to_json());
    } else {
        print!("{table}");
    }
    let known = plan::cells(options.peers(), options.scope());
    println!(
        "{} of {known} cells ran, {} passed",
        table.ran(),
        table.passed()
    );
    if table.passed() < known {
        println!("logs of what did not pass: {}", logs.display());
    }
    Error::unless_empty("interop", table.failures(known))
}

/// The folder for the logs of both sides of a row; removed again when the row passed.
struct RowLogs {
    path: PathBuf,
}

impl RowLogs {
    fn new(logs: &Path, row: &plan::Row) -> Result<Self, Error> {
        let path = logs.join(row.slug());
        make_empty(&path)?;
        Ok(Self { path })
    }

    fn discard(self) {
        // Logs that stay behind do no harm.
        let _ = std::fs::remove_dir_all(self.path);
    }
}

fn make_empty(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    if path.exists() {
        std::fs::remove_dir_all(path).map_err(failed)?;
    }
    std::fs::create_dir_all(path).map_err(failed)
}
