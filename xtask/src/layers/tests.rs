//! Made-up graphs, good and bad.

use super::*;
use crate::workspace::Dependency;

#[test]
fn accepts_edges_that_all_go_down() {
    let packages = [
        package("sinew-a", Some(0), &[]),
        package("sinew-b", Some(1), &[("sinew-a", Kind::Normal)]),
        package(
            "sinew-c",
            Some(3),
            &[("sinew-a", Kind::Normal), ("sinew-b", Kind::Build)],
        ),
    ];

    assert_eq!(check(&packages), []);
}

#[test]
fn refuses_an_edge_that_goes_up() {
    let packages = [
        package("sinew-a", Some(0), &[("sinew-b", Kind::Normal)]),
        package("sinew-b", Some(1), &[]),
    ];

    assert_eq!(
        check(&packages),
        [not_down(("sinew-a", 0), ("sinew-b", 1), Kind::Normal)]
    );
}

#[test]
fn refuses_an_edge_inside_a_layer() {
    let packages = [
        package("sinew-a", Some(2), &[("sinew-b", Kind::Normal)]),
        package("sinew-b", Some(2), &[]),
    ];

    assert_eq!(
        check(&packages),
        [not_down(("sinew-a", 2), ("sinew-b", 2), Kind::Normal)]
    );
}

#[test]
fn refuses_a_dev_dependency_that_goes_up() {
    let packages = [
        package("sinew-a", Some(0), &[("sinew-b", Kind::Development)]),
        package("sinew-b", Some(1), &[]),
    ];

    assert_eq!(
        check(&packages),
        [not_down(("sinew-a", 0), ("sinew-b", 1), Kind::Development)]
    );
}

#[test]
fn lets_everyone_use_the_testkit() {
    let packages = [
        package("sinew-a", Some(0), &[("sinew-testkit", Kind::Development)]),
        package("sinew-testkit", Some(1), &[]),
    ];

    assert_eq!(check(&packages), []);
}

#[test]
fn holds_the_testkit_itself_to_the_rule() {
    let packages = [
        package("sinew-testkit", Some(1), &[("sinew-high", Kind::Normal)]),
        package("sinew-high", Some(4), &[]),
    ];

    let expected = not_down(("sinew-testkit", 1), ("sinew-high", 4), Kind::Normal);
    assert_eq!(check(&packages), [expected]);
}

#[test]
fn refuses_a_crate_without_a_layer() {
    let packages = [package("sinew-a", None, &[])];

    let expected = Violation::NoLayer {
        name: "sinew-a".to_owned(),
    };
    assert_eq!(check(&packages), [expected]);
}

#[test]
fn prints_the_highest_layer_first() {
    let packages = [
        package("sinew-low", Some(0), &[]),
        package("sinew", Some(6), &[("sinew-low", Kind::Normal)]),
    ];

    assert_eq!(
        Graph(&packages).to_string(),
        " 6  sinew              low\n 0  low\n"
    );
}

fn package(name: &str, layer: Option<u32>, edges: &[(&str, Kind)]) -> Package {
    Package {
        name: name.to_owned(),
        directory: name.into(),
        features: Vec::new(),
        layer,
        is_pure: false,
        local_dependencies: edges
            .iter()
            .map(|&(name, kind)| Dependency {
                name: name.to_owned(),
                kind,
            })
            .collect(),
    }
}

fn not_down(from: (&str, u32), to: (&str, u32), kind: Kind) -> Violation {
    Violation::NotDown {
        from: (from.0.to_owned(), from.1),
        to: (to.0.to_owned(), to.1),
        kind,
    }
}
