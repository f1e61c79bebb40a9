//! What the pure crates cost in instructions and allocations, and how that compares to another revision.

mod accepted;
mod callgrind;
mod compare;
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use self::accepted::Accepted;
use self::callgrind::Cost;
use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

/// What to measure, and against what.
#[derive(Args)]
pub(crate) struct Options {
    /// The cases; all of them when none is named
    names: Vec<String>,
    /// Build this revision too, and fail where ours needs over 5 % more instructions, or more allocations, unless
    /// a commit since then accepts it: `Micro-accepts: CASE instructions|allocations RATIO REASON`
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Write the table into `docs/performance.md`
    #[arg(long, conflicts_with = "names")]
    page: bool,
}

/// What a case took.
pub(crate) struct Measured {
    name: String,
    what: String,
    allocations: u64,
    allocated_bytes: u64,
    cost: Cost,
}

/// Measures, prints a table, and compares when there is something to compare to.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Error> {
    if !Exec::new("valgrind").arg("--version").succeeds() {
        return Err(Error::Missing {
            program: "valgrind",
            wanted: "it to count instructions: `apt-get install valgrind`",
        });
    }
    let folder = workspace.target.join("micro-run");
    fs::create_dir_all(&folder).map_err(|source| Error::Write {
        path: folder.clone(),
        source,
    })?;
    let before = match &options.against {
        Some(revision) => measure_revision(workspace, &folder, revision, &options.names)?,
        None => None,
    };
    let program = build(&workspace.root, &workspace.target)?;
    let ours = measure(&program, &folder, &options.names)?;
    if options.page {
        page::write(workspace, &compare::table(&ours))?;
    }
    let (Some(revision), Some(before)) = (&options.against, before) else {
        print!("{}", compare::table(&ours));
        return Ok(());
    };
    print!("{}", compare::ratios(&ours, &before));
    let accepted = accepted_since(workspace, revision)?;
    let judgement = compare::judge(&ours, &before, &accepted);
    for line in &judgement.accepted {
        println!("accepted: {line}");
    }
    let mut findings = judgement.regressions;
    if options.names.is_empty() {
        findings.extend(accepted::unknown(&accepted, &ours));
    }
    Error::unless_empty("micro", findings)
}

/// Writes the table of all cases into `docs/performance.md`; without valgrind the one that is there remains.
pub(crate) fn write_page(workspace: &Workspace) -> Result<(), Error> {
    let options = Options {
        names: Vec::new(),
        against: None,
        page: true,
    };
    run(workspace, &options)
}

/// Returns what the commits since `revision` say that they are meant to cost.
fn accepted_since(workspace: &Workspace, revision: &str) -> Result<Vec<Accepted>, Error> {
    let messages = Exec::new("git")
        .words("log --format=%B")
        .arg(format!("{revision}..HEAD"))
        .directory(&workspace.root)
        .output()?;
    accepted::read(&messages).map_err(|findings| Error::Findings {
        check: "micro",
        findings,
    })
}

/// What CI compares to: where this branch left `origin/main`, or the commit before on that branch itself.
pub(crate) fn ci(workspace: &Workspace) -> Result<(), Error> {
    if !Exec::new("valgrind").arg("--version").succeeds() {
        println!("valgrind is not installed: `apt-get install valgrind` gets it");
        return Ok(());
    }
    let git = |line: &str| Exec::new("git").words(line).directory(&workspace.root);
    let head = git("rev-parse HEAD").output()?;
    let base = if git("rev-parse --verify --quiet origin/main").succeeds() {
        git("merge-base HEAD origin/main").output()?
    } else {
        head.clone()
    };
    let previous = if base == head { "HEAD~1" } else { base.trim() };
    let is_there = Exec::new("git")
        .words("rev-parse --verify --quiet")
        .arg(previous)
        .directory(&workspace.root)
        .succeeds();
    let options = Options {
        names: Vec::new(),
        against: is_there.then(|| previous.to_owned()),
        page: false,
    };
    run(workspace, &options)
}

/// Returns nothing when that revision has no such benchmarks.
fn measure_revision(
    workspace: &Workspace,
    folder: &Path,
    revision: &str,
    names: &[String],
) -> Result<Option<Vec<Measured>>, Error> {
    let checkout = folder.join("revision");
    let git = |line: &str| Exec::new("git").words(line).directory(&workspace.root);
    // An earlier run that was interrupted may have left it.
    let _ = git("worktree remove --force").arg(&checkout).succeeds();
    git("worktree add --quiet --detach")
        .arg(&checkout)
        .arg(revision)
        .run()?;
    let measured = if checkout.join("crates").join("micro").is_dir() {
        build(&checkout, &workspace.target)
            .and_then(|program| measure(&program, folder, names))
            .map(Some)
    } else {
        println!("{revision} has no micro-benchmarks to compare to");
        Ok(None)
    };
    git("worktree remove --force").arg(&checkout).run()?;
    measured
}

/// Optimised without LTO, which would take minutes for each revision. Both share what they depend on: the profile
/// has a folder of its own in `target`.
fn build(root: &Path, target: &Path) -> Result<PathBuf, Error> {
    let settings = [
        "profile.micro.inherits=\"release\"",
        "profile.micro.lto=\"off\"",
        "profile.micro.codegen-units=16",
    ];
    let build = Exec::cargo()
        .words("build --quiet --locked -p sinew-micro --profile micro --target-dir")
        .arg(target)
        .directory(root);
    let build = settings
        .iter()
        .fold(build, |build, setting| build.arg("--config").arg(setting));
    build.run()?;
    Ok(target.join("micro").join("sinew-micro"))
}

fn measure(program: &Path, folder: &Path, names: &[String]) -> Result<Vec<Measured>, Error> {
    let list = Exec::new(program).arg("list").output()?;
    let cases = list.lines().filter_map(|line| line.split_once('\t'));
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    cases
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, what)| {
            eprintln!("    {name}");
            let said = Exec::new(program).arg(name).output()?;
            let mut figures = said
                .split_whitespace()
                .map(|word| word.parse().unwrap_or(0));
            Ok(Measured {
                name: name.to_owned(),
                what: what.to_owned(),
                allocations: figures.next().unwrap_or(0),
                allocated_bytes: figures.next().unwrap_or(0),
                cost: callgrind::cost(program, name, folder)?,
            })
        })
        .collect()
}
