//! The rules of STYLE.md that a tool can hold.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::source::{self, SourceFile};
use crate::workspace::Workspace;

/// Checks every file of the repository, and the pure crates' lint settings.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let files = source::read_all(&workspace.root)?;
    let private_paths = private_paths(workspace);
    let rust = files.iter().filter(|file| file.is_rust());
    let names: BTreeSet<_> = rust
        .flat_map(|file| rules::long_names(&file.text))
        .collect();
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(rules::no_private_path(file, &private_paths));
        if file.is_rust() {
            findings.extend(rules::no_mod_rs(file));
            findings.extend(rules::opens_with_a_sentence(file));
            findings.extend(rules::is_short(file));
            findings.extend(rules::no_placeholder(file));
            findings.extend(rules::lib_only_lists(file));
            findings.extend(rules::asks_the_runtime(file));
        } else if file.path.ends_with(".md") {
            findings.extend(rules::names_what_exists(file, &names));
        }
    }
    findings.extend(pure_crates(workspace, &files));
    println!("{} files", files.len());
    Error::unless_empty("tidy", findings.iter().map(ToString::to_string).collect())
}

/// The pure crates forbid unsafe code and share one `clippy.toml`, because a crate's own file replaces the
/// root's instead of extending it.
fn pure_crates(workspace: &Workspace, files: &[SourceFile]) -> Vec<rules::Finding> {
    let by_path: BTreeMap<&str, &SourceFile> = files
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    let mut reference: Option<&str> = None;
    let mut findings = Vec::new();
    for package in workspace.pure_packages() {
        let directory = package
            .directory
            .strip_prefix(&workspace.root)
            .unwrap_or(&package.directory)
            .to_string_lossy()
            .replace('\\', "/");
        let text = |name: &str| {
            let path = format!("{directory}/{name}");
            let text = by_path.get(path.as_str()).map(|file| file.text.as_str());
            (path, text)
        };
        let (path, clippy) = text("clippy.toml");
        findings.extend(rules::same_clippy(path, clippy, reference));
        reference = reference.or(clippy);
        let (path, lib) = text("src/lib.rs");
        findings.extend(rules::forbids_unsafe(path, lib));
    }
    findings
}

/// Where the person who runs this keeps things: no file may name such a place.
fn private_paths(workspace: &Workspace) -> Vec<String> {
    let home = std::env::home_dir();
    [Some(workspace.root.clone()), home]
        .into_iter()
        .flatten()
        .map(|path| path.to_string_lossy().into_owned())
        // A home at the root of the file system says nothing.
        .filter(|path| path.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests;
