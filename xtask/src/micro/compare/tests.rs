//! What counts as worse.

use super::super::callgrind::Cost;
use super::*;

#[test]
fn allows_a_few_more_instructions_and_no_more_allocations() {
    let before = [case(1_000, 10)];

    assert!(regressions(&[case(1_040, 10)], &before).is_empty());
    assert!(regressions(&[case(500, 9)], &before).is_empty());
    assert_eq!(regressions(&[case(1_060, 10)], &before).len(), 1);
    assert_eq!(regressions(&[case(1_000, 11)], &before).len(), 1);
}

#[test]
fn has_nothing_against_a_case_that_is_new() {
    assert!(regressions(&[case(1_000, 10)], &[]).is_empty());
}

fn case(instructions: u64, allocations: u64) -> Measured {
    Measured {
        name: "case".to_owned(),
        what: "something".to_owned(),
        allocations,
        allocated_bytes: 0,
        cost: Cost {
            instructions,
            crypto: 0,
        },
    }
}
