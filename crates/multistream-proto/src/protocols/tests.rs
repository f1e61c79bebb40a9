//! Sets of protocols.

use super::*;

const A: Protocol = Protocol::from_static("/a");
const B: Protocol = Protocol::from_static("/b");
const C: Protocol = Protocol::from_static("/c");

#[test]
fn finds_what_is_in_the_set_and_nothing_else() {
    let protocols = Protocols::from([C, A, B, A]);

    assert_eq!(protocols.len(), 3);
    assert_eq!(protocols.get("/b"), Some(&B));
    assert!(!protocols.contains("/bb") && !protocols.contains("na"));
    assert!(protocols.iter().eq([&A, &B, &C]));
}

#[test]
fn changes_make_a_new_set_and_leave_the_old() {
    let before = Protocols::from([A, B]);

    let after = before.with(C).without("/a");

    assert_eq!(before, Protocols::from([B, A]));
    assert_eq!(after, Protocols::from([B, C]));
}
