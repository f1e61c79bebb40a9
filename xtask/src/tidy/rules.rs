//! One function a rule; each looks at one file and returns what is wrong with it.

use std::{collections::BTreeSet, fmt};

use crate::source::SourceFile;

/// Longer files have a second idea in them.
const MAX_LINES: usize = 600;

/// What stands for work that was not done. Split so that this file passes its own rule.
const PLACEHOLDERS: [&str; 4] = [
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[ig", "nore"),
];

/// Homes as they are called on the usual systems.
const HOMES: [&str; 2] = [concat!("/ho", "me/"), concat!("/Use", "rs/")];

/// What a `lib.rs` holds none of: it lists the crate's modules and what they export. A constant may stand there.
const ITEMS: [&str; 10] = [
    "fn ",
    "pub fn ",
    "struct ",
    "pub struct ",
    "enum ",
    "pub enum ",
    "trait ",
    "pub trait ",
    "impl",
    "macro_rules!",
];

/// What reads a clock, waits or starts something without asking the runtime that was given.
const UNASKED: [&str; 8] = [
    // Wakes in an order that it draws; `Watched` does not.
    "sync::watch",
    "Instant::now",
    "SystemTime::now",
    "tokio::time::",
    "tokio::spawn",
    "thread::spawn",
    "thread::sleep",
    "select!",
];

/// The crates that may: the runtime itself, the program, and what only tests use.
const MAY_UNASKED: [&str; 4] = [
    "crates/runtime/",
    "crates/cli/",
    // Tells people how long it took.
    "crates/sim/src/bin/",
    "crates/testkit/",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    path: String,
    line: Option<usize>,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    ModRs,
    NoOpeningSentence,
    TooLong(usize),
    Placeholder(&'static str),
    ItemInLib,
    PrivatePath(String),
    Unasked(&'static str),
    OtherClippy,
    NoClippy,
    UnsafeNotForbidden,
    NoSuchName(String),
}

pub(super) fn no_mod_rs(file: &SourceFile) -> Option<Finding> {
    let is_mod = file.path.ends_with("/mod.rs");
    is_mod.then(|| Finding::of(&file.path, Problem::ModRs))
}

pub(super) fn opens_with_a_sentence(file: &SourceFile) -> Option<Finding> {
    let opens = file.text.starts_with("//! ");
    (!opens).then(|| Finding::at(&file.path, 1, Problem::NoOpeningSentence))
}

pub(super) fn is_short(file: &SourceFile) -> Option<Finding> {
    let lines = file.product_lines().count();
    (lines > MAX_LINES).then(|| Finding::of(&file.path, Problem::TooLong(lines)))
}

pub(super) fn no_placeholder(file: &SourceFile) -> Vec<Finding> {
    let in_line = |(index, line): (usize, &str)| {
        PLACEHOLDERS
            .into_iter()
            .find(|placeholder| line.contains(placeholder))
            .map(|found| {
                Finding::at(
                    &file.path,
                    index.saturating_add(1),
                    Problem::Placeholder(found),
                )
            })
    };
    file.text.lines().enumerate().filter_map(in_line).collect()
}

pub(super) fn lib_only_lists(file: &SourceFile) -> Option<Finding> {
    if !(file.path.starts_with("crates/") && file.path.ends_with("/src/lib.rs")) {
        return None;
    }
    file.product_lines()
        .find(|(_, line)| ITEMS.iter().any(|item| line.starts_with(item)))
        .map(|(number, _)| Finding::at(&file.path, number, Problem::ItemInLib))
}

pub(super) fn no_private_path(file: &SourceFile, private: &[String]) -> Vec<Finding> {
    let in_line = |(index, line): (usize, &str)| {
        let own = private
            .iter()
            .map(String::as_str)
            .filter(|path| names(line, path));
        let usual = HOMES.into_iter().filter(|home| line.contains(home));
        let found = own.chain(usual).next()?;
        let problem = Problem::PrivatePath(found.to_owned());
        Some(Finding::at(&file.path, index.saturating_add(1), problem))
    };
    file.text.lines().enumerate().filter_map(in_line).collect()
}

/// Drivers and the swarm see clocks and tasks through the runtime alone, or no simulation could run them.
pub(super) fn asks_the_runtime(file: &SourceFile) -> Vec<Finding> {
    let is_bound = file.path.starts_with("crates/")
        && !MAY_UNASKED.iter().any(|path| file.path.starts_with(path));
    if !is_bound {
        return Vec::new();
    }
    file.product_lines()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(number, line)| {
            let found = UNASKED.into_iter().find(|unasked| line.contains(unasked))?;
            Some(Finding::at(&file.path, number, Problem::Unasked(found)))
        })
        .collect()
}

pub(super) fn same_clippy(
    path: String,
    text: Option<&str>,
    reference: Option<&str>,
) -> Option<Finding> {
    let problem = match (text, reference) {
        (None, _) => Problem::NoClippy,
        (Some(text), Some(reference)) if text != reference => Problem::OtherClippy,
        (Some(_), _) => return None,
    };
    Some(Finding::of(&path, problem))
}

pub(super) fn forbids_unsafe(path: String, text: Option<&str>) -> Option<Finding> {
    let forbids = text.is_some_and(|text| text.contains("#![forbid(unsafe_code)]"));
    (!forbids).then(|| Finding::of(&path, Problem::UnsafeNotForbidden))
}

/// Returns the long names in snake case of a file's text: those of tests among them.
pub(super) fn long_names(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(move |c| !is_part(c))
        .filter(|word| is_long(word))
}

/// A page tells of tests that are there: what it quotes in snake case is a name of the code.
pub(super) fn names_what_exists(file: &SourceFile, names: &BTreeSet<&str>) -> Vec<Finding> {
    let in_line = |(index, line): (usize, &str)| {
        let quoted = line.split('`').skip(1).step_by(2);
        let unknown = quoted.filter(|it| is_long(it) && !names.contains(it));
        let problem = |it: &str| Problem::NoSuchName(it.to_owned());
        let findings =
            unknown.map(|it| Finding::at(&file.path, index.saturating_add(1), problem(it)));
        findings.collect::<Vec<_>>()
    };
    file.text.lines().enumerate().flat_map(in_line).collect()
}

/// Whether a word has four parts or more; shorter ones may be fields of something else.
fn is_long(word: &str) -> bool {
    let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.chars().all(is_snake) && word.matches('_').count() >= 3
}

/// Returns whether the line names `path` or something below it, and not a longer name that starts alike.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(start, _)| {
        let before = line.get(..start).and_then(|rest| rest.chars().next_back());
        let after = line
            .get(start.saturating_add(path.len())..)
            .and_then(|rest| rest.chars().next());
        let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        !before.is_some_and(|c| continues(c) || c == '/') && !after.is_some_and(continues)
    })
}

impl Finding {
    pub(super) fn of(path: &str, problem: Problem) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            problem,
        }
    }

    pub(super) fn at(path: &str, line: usize, problem: Problem) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            problem,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModRs => write!(f, "a module is `foo.rs` beside `foo/`, never `mod.rs`"),
            Self::NoOpeningSentence => write!(f, "the first line is `//!` and one sentence"),
            Self::TooLong(lines) => write!(
                f,
                "{lines} lines, more than {MAX_LINES}: there is a second idea in it"
            ),
            Self::Placeholder(found) => write!(f, "`{found}` has no place in a commit"),
            Self::ItemInLib => write!(f, "a lib.rs holds docs, `mod` lines and re-exports only"),
            Self::PrivatePath(path) => write!(f, "`{path}` is a path of one machine"),
            Self::Unasked(found) => {
                write!(
                    f,
                    "`{found}`: clocks, tasks and chance are the runtime's, ask it"
                )
            }
            Self::OtherClippy => write!(f, "differs from the clippy.toml of the other pure crates"),
            Self::NoClippy => write!(f, "a pure crate needs its own clippy.toml"),
            Self::NoSuchName(name) => write!(f, "nothing is called `{name}`"),
            Self::UnsafeNotForbidden => write!(f, "a pure crate says `#![forbid(unsafe_code)]`"),
        }
    }
}
