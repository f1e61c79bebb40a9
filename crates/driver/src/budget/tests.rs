//! Tests of the budget.

use super::{BYTES, OPERATIONS, is_spent, scope, spend};

#[test]
fn counts_nothing_outside_a_handler() {
    spend(usize::MAX);

    assert!(!is_spent());
}

#[test]
fn is_spent_by_operations_or_by_bytes() {
    let by_operations = scope(|| {
        (0..OPERATIONS).for_each(|_| spend(0));
        is_spent()
    });
    let by_bytes = scope(|| {
        spend(BYTES);
        is_spent()
    });

    assert!(by_operations);
    assert!(by_bytes);
}

#[test]
fn is_full_again_at_the_next_poll_and_after_a_panic() {
    scope(|| spend(BYTES));
    std::panic::catch_unwind(|| scope(|| panic!("a handler's own fault"))).unwrap_err();

    assert!(!is_spent());
    assert!(!scope(is_spent));
}
