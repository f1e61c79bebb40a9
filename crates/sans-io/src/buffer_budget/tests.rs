//! What is refused, what is given back, and who is told.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{BufferBudget, BufferRefusal, GRAIN};

#[test]
fn what_is_within_the_base_is_taken_from_nobody() {
    let budget = BufferBudget::new(0, 2 * BufferBudget::BASE);
    let mut share = budget.share();
    assert!(share.hold_received(BufferBudget::BASE));
    assert!(share.hold_sent(BufferBudget::BASE));
    assert_eq!(budget.taken(), 0);
    assert!(!share.hold_received(BufferBudget::BASE + 1));
    assert_eq!(budget.taken(), 0);
}

#[test]
fn all_together_hold_no_more_than_they_may_and_give_it_back() {
    let budget = BufferBudget::new(15 * GRAIN, u64::MAX);
    let mut shares = [budget.share(), budget.share()];
    assert!(shares[0].hold_received(BufferBudget::BASE + 3 * GRAIN));
    assert!(shares[1].hold_sent(BufferBudget::BASE + 1));
    assert_eq!(budget.taken(), 4 * GRAIN);
    assert!(!shares[1].hold_sent(BufferBudget::BASE + 2 * GRAIN + 1));
    assert_eq!(budget.taken(), 4 * GRAIN, "a refusal changes nothing");

    assert!(shares[0].hold_received(0));
    assert_eq!(budget.taken(), GRAIN);
    assert!(shares[1].hold_sent(BufferBudget::BASE + 3 * GRAIN));
    drop(shares);
    assert_eq!(budget.taken(), 0);
}

#[test]
fn those_who_take_all_they_get_leave_some_to_whoever_comes_after_them() {
    let maximum = 1000 * GRAIN;
    let budget = BufferBudget::new(maximum, 16 * GRAIN + 2 * BufferBudget::BASE);
    let take_all = || {
        let mut share = budget.share();
        let mut held = 0;
        while share.hold_received(BufferBudget::BASE + held + GRAIN) {
            held += GRAIN;
        }
        (share, held)
    };
    let greedy: Vec<_> = (0..63).map(|_| take_all()).collect();
    assert!(budget.taken() < maximum);

    let (_share, held) = take_all();

    assert_eq!(greedy[0].1, 16 * GRAIN);
    assert!(held >= 4 * GRAIN, "{held} B are left to one more");
}

#[test]
fn one_holds_no_more_than_one_may_in_both_directions_together() {
    let budget = BufferBudget::new(u64::MAX, 2 * BufferBudget::BASE + 2 * GRAIN);
    let mut share = budget.share();
    assert!(share.hold_received(BufferBudget::BASE + GRAIN));
    assert!(share.hold_sent(BufferBudget::BASE + GRAIN));
    assert!(!share.hold_received(BufferBudget::BASE + GRAIN + 1));
    assert!(share.hold_sent(0));
    assert!(share.hold_received(BufferBudget::BASE + GRAIN + 1));
}

#[test]
fn more_to_send_is_held_as_far_as_the_base_goes() {
    let budget = BufferBudget::new(0, u64::MAX);
    let mut share = budget.share();
    assert_eq!(
        share.hold_more_sent(0, BufferBudget::BASE + 1),
        BufferBudget::BASE
    );
    assert_eq!(share.hold_more_sent(BufferBudget::BASE - 10, 100), 10);
    assert_eq!(share.hold_more_sent(BufferBudget::BASE, 1), 0);
}

#[test]
fn a_refusal_is_told_once_until_it_was_taken_note_of() {
    let budget = BufferBudget::new(0, 4 * BufferBudget::BASE);
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    budget.on_refusal(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut share = budget.share();
    for _ in 0..3 {
        assert!(!share.hold_sent(2 * BufferBudget::BASE));
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(!share.hold_sent(8 * BufferBudget::BASE));
    let refusals: Vec<_> = budget.take_refusals().collect();
    assert_eq!(refusals, [BufferRefusal::Each, BufferRefusal::All]);
    assert_eq!(budget.take_refusals().count(), 0);
    assert!(!share.hold_sent(2 * BufferBudget::BASE));
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn without_a_budget_nothing_is_refused_or_counted() {
    let budget = BufferBudget::default();
    let mut share = budget.share();
    assert!(share.hold_received(u64::MAX));
    assert_eq!(share.hold_more_sent(0, 77), 77);
    assert_eq!(budget.taken(), 0);
}

#[test]
fn one_that_is_known_later_bounds_what_is_shared_out_from_then_on() {
    let known = BufferBudget::new(0, u64::MAX);
    let mut later = BufferBudget::default();
    later.or_later();
    let copy = later.clone();
    let mut before = copy.share();

    later.bind(&known);
    later.bind(&BufferBudget::new(u64::MAX, u64::MAX));

    assert!(before.hold_sent(u64::MAX));
    assert!(!copy.share().hold_sent(u64::MAX));
    assert_eq!(copy, known);
    let none = BufferBudget::default();
    none.bind(&known);
    assert!(none.share().hold_sent(u64::MAX));
}
