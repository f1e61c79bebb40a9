//! Reads a made-up answer of `cargo metadata`.

use super::*;

const METADATA: &str = r#"{
    "packages": [
        {
            "name": "sinew-upper",
            "manifest_path": "/w/crates/upper/Cargo.toml",
            "features": { "default": ["os"], "os": [] },
            "dependencies": [
                { "name": "sinew-lower", "kind": null, "path": "/w/crates/lower" },
                { "name": "sinew-testkit", "kind": "dev", "path": "/w/crates/testkit" },
                { "name": "bytes", "kind": null }
            ],
            "metadata": { "sinew": { "layer": 2, "pure": true } }
        },
        {
            "name": "sinew-bare",
            "manifest_path": "/w/crates/bare/Cargo.toml",
            "features": {},
            "dependencies": [],
            "metadata": null
        },
        {
            "name": "xtask",
            "manifest_path": "/w/xtask/Cargo.toml",
            "features": {},
            "dependencies": [],
            "metadata": null
        }
    ],
    "target_directory": "/w/target",
    "workspace_root": "/w"
}"#;

#[test]
fn keeps_what_a_crate_says_about_itself() {
    let workspace = Workspace::parse(METADATA).unwrap();

    let upper = &workspace.packages[0];

    assert_eq!(upper.layer, Some(2));
    assert!(upper.is_pure);
    assert_eq!(upper.features, ["os"]);
    assert_eq!(upper.directory, PathBuf::from("/w/crates/upper"));
}

#[test]
fn keeps_only_edges_inside_the_workspace() {
    let workspace = Workspace::parse(METADATA).unwrap();

    let edges = &workspace.packages[0].local_dependencies;

    let expected = [
        ("sinew-lower", Kind::Normal),
        ("sinew-testkit", Kind::Development),
    ]
    .map(|(name, kind)| Dependency {
        name: name.to_owned(),
        kind,
    });
    assert_eq!(edges[..], expected);
}

#[test]
fn leaves_xtask_out_and_crates_without_a_table_in() {
    let workspace = Workspace::parse(METADATA).unwrap();

    let names: Vec<_> = workspace.packages.iter().map(|p| p.name.as_str()).collect();

    assert_eq!(names, ["sinew-upper", "sinew-bare"]);
    assert_eq!(workspace.packages[1].layer, None);
}
