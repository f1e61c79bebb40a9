//! Which rules of which spec the code cites, and which of them no test cites.
//!
//! A citation is a comment of the form `// [yamux §Window Update] …`. The short names stand in
//! `docs/specs.md`, one a table row: `| yamux | title | address |`.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::source::{self, SourceFile};
use crate::workspace::Workspace;

const INDEX: &str = "docs/specs.md";

/// A place of a spec that the code names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    spec: String,
    section: String,
}

/// Where a rule is named.
#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    code: Vec<String>,
    tests: Vec<String>,
}

/// Prints the index, and fails when a citation names a spec that `docs/specs.md` does not list.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let files = source::read_all(&workspace.root)?;
    let known = files
        .iter()
        .find(|file| file.path == INDEX)
        .map(|file| short_names(&file.text))
        .unwrap_or_default();
    let rules = collect(&files);
    print(&rules);
    let unknown: BTreeSet<_> = rules
        .keys()
        .filter(|rule| !known.contains(&rule.spec))
        .map(|rule| format!("`{}` is cited, but {INDEX} does not list it", rule.spec))
        .collect();
    Error::unless_empty("specs", unknown.into_iter().collect())
}

fn print(rules: &BTreeMap<Rule, Places>) {
    let mut without_test = 0_usize;
    for (rule, places) in rules {
        let mark = if places.tests.is_empty() {
            "no test"
        } else {
            "tested"
        };
        if places.tests.is_empty() {
            without_test = without_test.saturating_add(1);
        }
        println!("{mark:<8} [{} §{}]", rule.spec, rule.section);
        for place in places.code.iter().chain(&places.tests) {
            println!("         {place}");
        }
    }
    println!("{} rules cited, {without_test} without a test", rules.len());
}

/// Returns the first column of the table rows.
fn short_names(index: &str) -> BTreeSet<String> {
    index
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

fn collect(files: &[SourceFile]) -> BTreeMap<Rule, Places> {
    let mut rules: BTreeMap<Rule, Places> = BTreeMap::new();
    // What xtask says of citations cites nothing.
    let product = files
        .iter()
        .filter(|file| file.is_rust() && !file.path.starts_with("xtask/"));
    for file in product {
        let code_lines = file.product_lines().count();
        for (index, line) in file.text.lines().enumerate() {
            for rule in citations(line) {
                let place = format!("{}:{}", file.path, index.saturating_add(1));
                let places = rules.entry(rule).or_default();
                if index < code_lines {
                    places.code.push(place);
                } else {
                    places.tests.push(place);
                }
            }
        }
    }
    rules
}

/// Returns the citations in the comment of a line.
fn citations(line: &str) -> Vec<Rule> {
    let Some((_, comment)) = line.split_once("//") else {
        return Vec::new();
    };
    let mut rules = Vec::new();
    let mut rest = comment;
    while let Some((_, after)) = rest.split_once('[') {
        let Some((inside, behind)) = after.split_once(']') else {
            break;
        };
        if let Some((spec, section)) = inside.split_once(" §") {
            rules.push(Rule {
                spec: spec.to_owned(),
                section: section.to_owned(),
            });
        }
        rest = behind;
    }
    rules
}

#[cfg(test)]
mod tests;
