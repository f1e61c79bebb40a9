//! The workspace as cargo sees it: packages, their edges, and what they say about themselves.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::Error;
use crate::exec::Exec;

/// The workspace and the crates that belong to the product (all members but xtask).
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    /// Without `default`.
    pub(crate) features: Vec<String>,
    pub(crate) layer: Option<u32>,
    pub(crate) is_pure: bool,
    /// The edges to other crates of this workspace.
    pub(crate) local_dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Development,
    Build,
}

impl Workspace {
    /// Asks cargo for the workspace of the current directory.
    pub(crate) fn load() -> Result<Self, Error> {
        let json = Exec::cargo()
            .words("metadata --format-version 1 --no-deps")
            .output()?;
        Self::parse(&json)
    }

    fn parse(json: &str) -> Result<Self, Error> {
        let metadata: Metadata = serde_json::from_str(json)?;
        let packages = metadata
            .packages
            .into_iter()
            .filter(|package| package.name != "xtask")
            .map(Package::from)
            .collect();
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            packages,
        })
    }

    pub(crate) fn pure_packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_pure)
    }
}

/// The parts of cargo's answer that are used here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<MetadataDependency>,
    metadata: Option<PackageTables>,
}

#[derive(Deserialize)]
struct MetadataDependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct PackageTables {
    sinew: Option<SinewTable>,
}

#[derive(Deserialize)]
struct SinewTable {
    layer: Option<u32>,
    #[serde(default)]
    pure: bool,
}

impl From<MetadataPackage> for Package {
    fn from(package: MetadataPackage) -> Self {
        let mut directory = package.manifest_path;
        directory.pop();
        let table = package.metadata.and_then(|tables| tables.sinew);
        Self {
            name: package.name,
            directory,
            features: package
                .features
                .into_keys()
                .filter(|feature| feature != "default")
                .collect(),
            layer: table.as_ref().and_then(|table| table.layer),
            is_pure: table.is_some_and(|table| table.pure),
            local_dependencies: package
                .dependencies
                .into_iter()
                .filter(|dependency| dependency.path.is_some())
                .map(Dependency::from)
                .collect(),
        }
    }
}

impl From<MetadataDependency> for Dependency {
    fn from(dependency: MetadataDependency) -> Self {
        let kind = match dependency.kind.as_deref() {
            Some("dev") => Kind::Development,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        };
        Self {
            name: dependency.name,
            kind,
        }
    }
}

#[cfg(test)]
mod tests;
