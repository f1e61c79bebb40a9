//! What a ping proves.

use super::*;

fn push(finishing: &mut Finishing, id: u32) {
    finishing.push(StreamId::new(id), 8, |_| true);
}

fn proven(finishing: &mut Finishing) -> Vec<u32> {
    finishing.on_pong().map(StreamId::as_u32).collect()
}

#[test]
fn a_ping_proves_the_ends_before_it_and_no_others() {
    let mut finishing = Finishing::default();
    assert!(!finishing.wants_ping());
    push(&mut finishing, 1);
    push(&mut finishing, 3);
    assert!(finishing.wants_ping());
    finishing.on_ping();
    push(&mut finishing, 5);
    assert!(!finishing.wants_ping(), "one is under way");

    assert_eq!(proven(&mut finishing), [1, 3]);
    assert!(finishing.wants_ping());
    finishing.on_ping();

    assert_eq!(proven(&mut finishing), [5]);
    assert!(!finishing.wants_ping());
}

#[test]
fn streams_that_are_over_are_forgotten_while_the_answer_is_away() {
    let mut finishing = Finishing::default();
    push(&mut finishing, 2);
    push(&mut finishing, 1);
    finishing.on_ping();

    for id in 0..10_000 {
        finishing.push(StreamId::new(2 * id + 3), 1, |id| id.as_u32() < 2);
        assert!(finishing.sent.len() < 100);
    }

    assert_eq!(proven(&mut finishing), [1]);
}
