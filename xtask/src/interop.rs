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
pub(crate) use plan::{Implementation, Scope};
use plan::{Row, Suite};
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
    /// Print one JSON object a cell instead of the table, and nothing else on stdout.
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
    let run = Run {
        workspace,
        logs: &logs,
        ours: &ours,
        driver: driver.as_ref(),
        scope: options.scope(),
    };
    let mut table = Table::default();
    for &implementation in options.peers() {
        run.rows_of(implementation, &mut table)?;
    }
    let known = plan::cells(options.peers(), options.scope());
    let summary = format!(
        "{} of {known} cells ran, {} passed",
        table.ran(),
        table.passed()
    );
    if options.json {
        print!("{}", table.to_json());
        eprintln!("{summary}");
    } else {
        println!("{table}{summary}");
    }
    if table.passed() < known {
        eprintln!("logs of what did not pass: {}", logs.display());
    }
    Error::unless_empty("interop", table.failures(known))
}

/// What the rows of all peers have in common.
struct Run<'a> {
    workspace: &'a Workspace,
    logs: &'a Path,
    ours: &'a Ours,
    driver: Option<&'a Peer>,
    scope: Scope,
}

impl Run<'_> {
    /// Runs everything with one implementation. Where it cannot be installed, the others still have their turn.
    fn rows_of(&self, implementation: Implementation, table: &mut Table) -> Result<(), Error> {
        let rows = plan::rows(implementation, self.scope);
        let peer = install::install(implementation, self.workspace).and_then(Peer::new);
        let needs_redis = rows.iter().any(|row| row.suite == Suite::Contract);
        let redis = if needs_redis {
            install::redis()
        } else {
            Ok(())
        };
        for row in rows {
            let (version, outcomes) = match (&peer, &redis) {
                (Ok(peer), Err(missing)) if row.suite == Suite::Contract => {
                    (peer.version(), checks::none(&row, missing))
                }
                (Ok(peer), _) => (peer.version(), self.row(&row, peer)?),
                (Err(missing), _) => ("not installed", checks::none(&row, missing)),
            };
            eprintln!("{}", table.add(row, version, outcomes));
        }
        Ok(())
    }

    fn row(&self, row: &Row, peer: &Peer) -> Result<Vec<Outcome>, Error> {
        let logs = RowLogs::new(self.logs, row)?;
        let sides = Sides {
            ours: self.ours,
            driver: self.driver,
            peer,
            logs: &logs.path,
        };
        let outcomes = checks::run(row, &sides);
        if outcomes.iter().all(Outcome::is_settled) {
            logs.discard();
        }
        Ok(outcomes)
    }
}

/// The folder for the logs of both sides of a row; removed again when the row passed.
struct RowLogs {
    path: PathBuf,
}

impl RowLogs {
    fn new(logs: &Path, row: &Row) -> Result<Self, Error> {
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
