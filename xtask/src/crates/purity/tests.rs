//! Trees as `cargo tree --prefix none` prints them.

use super::*;

#[test]
fn accepts_a_tree_without_io() {
    assert_eq!(
        impure("sinew-tls v0.1.0\nrustls v0.23.0\nring v0.17.14\nbytes v1.0.0 (*)\n"),
        [""; 0]
    );
}

#[test]
fn names_each_impure_crate_once() {
    let tree = "sinew-tls v0.1.0\ntokio v1.54.0\nmio v1.0.0\ntokio v1.54.0 (*)\n";

    assert_eq!(impure(tree), ["mio", "tokio"]);
}
