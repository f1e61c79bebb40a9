//! Dependencies point down: each edge goes to a strictly lower layer.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Error;
use crate::workspace::{Kind, Package, Workspace};

/// The one crate that may be used from below: its checks are for the tests of everyone.
const EXEMPT_TARGET: &str = "sinew-testkit";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Violation {
    /// The crate's manifest says nothing of its layer.
    NoLayer { name: String },
    /// The edge goes up, or sideways.
    NotDown {
        from: (String, u32),
        to: (String, u32),
        kind: Kind,
    },
}

/// Prints the crates by layer, and fails on an edge that does not go down.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    print!("{}", Graph(&workspace.packages));
    let violations = check(&workspace.packages);
    Error::unless_empty(
        "layers",
        violations.iter().map(ToString::to_string).collect(),
    )
}

fn check(packages: &[Package]) -> Vec<Violation> {
    let layers: BTreeMap<&str, u32> = packages
        .iter()
        .filter_map(|package| Some((package.name.as_str(), package.layer?)))
        .collect();
    let mut violations = Vec::new();
    for package in packages {
        let Some(layer) = package.layer else {
            violations.push(Violation::NoLayer {
                name: package.name.clone(),
            });
            continue;
        };
        for dependency in &package.local_dependencies {
            if dependency.name == EXEMPT_TARGET {
                continue;
            }
            // A target without a layer is reported for itself.
            let Some(&below) = layers.get(dependency.name.as_str()) else {
                continue;
            };
            if below >= layer {
                violations.push(Violation::NotDown {
                    from: (package.name.clone(), layer),
                    to: (dependency.name.clone(), below),
                    kind: dependency.kind,
                });
            }
        }
    }
    violations
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLayer { name } => {
                write!(
                    f,
                    "{name}: no `[package.metadata.sinew] layer = N` in its Cargo.toml"
                )
            }
            Self::NotDown { from, to, kind } => {
                let kind = match kind {
                    Kind::Normal => "dependency",
                    Kind::Development => "dev-dependency",
                    Kind::Build => "build-dependency",
                };
                write!(
                    f,
                    "{} (layer {}): the {kind} {} is of layer {}, which is not lower",
                    from.0, from.1, to.0, to.1
                )
            }
        }
    }
}

/// The crates by layer, the highest first, each with what it stands on.
struct Graph<'a>(&'a [Package]);

impl fmt::Display for Graph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_layer: BTreeMap<u32, Vec<&Package>> = BTreeMap::new();
        for package in self.0 {
            if let Some(layer) = package.layer {
                by_layer.entry(layer).or_default().push(package);
            }
        }
        for (layer, packages) in by_layer.iter().rev() {
            for (position, package) in packages.iter().enumerate() {
                let margin = if position == 0 {
                    layer.to_string()
                } else {
                    String::new()
                };
                let below: Vec<_> = package
                    .local_dependencies
                    .iter()
                    .filter(|dependency| dependency.kind == Kind::Normal)
                    .map(|dependency| short(&dependency.name))
                    .collect();
                let name = short(&package.name);
                let line = format!("{margin:>2}  {name:<18} {}", below.join(" "));
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix("sinew-").unwrap_or(name)
}

#[cfg(test)]
mod tests;
