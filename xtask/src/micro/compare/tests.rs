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
fn has_nothing_against_a_case_that_is_on_one_side_alone() {
    let both = [case(1_000, 10)];

    assert!(regressions(&both, &[]).is_empty());
    assert!(regressions(&[], &both).is_empty());
    assert!(ratios(&both, &[]).contains("| `case` | 1,000 | new |"));
    assert!(ratios(&[], &both).contains("| `case` | gone | 1,000 |"));
}

#[test]
fn a_cost_is_accepted_up_to_its_ratio_and_told() {
    let before = [case(1_000, 10)];
    let accepted = accepted::read(
        "Micro-accepts: case instructions 1.08 the second check\n\
         Micro-accepts: case allocations 1.2 its copy\n",
    )
    .unwrap();

    let agreed = judge(&[case(1_079, 12)], &before, &accepted);
    let beyond = judge(&[case(1_090, 13)], &before, &accepted);

    assert!(agreed.regressions.is_empty());
    assert_eq!(agreed.accepted.len(), 2);
    assert!(
        agreed
            .accepted
            .iter()
            .any(|line| line.ends_with("1.08 times is accepted: the second check"))
    );
    assert_eq!(beyond.regressions.len(), 2);
    assert!(beyond.accepted.is_empty());
}

#[test]
fn accepted_instructions_accept_no_allocations() {
    let accepted = accepted::read("Micro-accepts: case instructions 2 why\n").unwrap();

    let judgement = judge(&[case(1_500, 11)], &[case(1_000, 10)], &accepted);

    assert_eq!(judgement.accepted.len(), 1);
    assert_eq!(judgement.regressions.len(), 1);
}

fn regressions(ours: &[Measured], before: &[Measured]) -> Vec<String> {
    judge(ours, before, &[]).regressions
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
