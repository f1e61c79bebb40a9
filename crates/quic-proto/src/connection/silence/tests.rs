//! What is taken for an acknowledgement, and what asks for one.

use sinew_testkit::epoch;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn what_is_sent_soon_after_something_came_is_an_acknowledgement() {
    let start = epoch();
    let mut silence = Silence::new(start);

    silence.on_sent(start + 26 * MS);
    assert_eq!(silence.unanswered_since(), None);
}

#[test]
fn what_is_sent_later_waits_for_an_answer_from_when_it_was_first_sent() {
    let start = epoch();
    let mut silence = Silence::new(start);

    silence.on_sent(start + 100 * MS);
    silence.on_sent(start + 300 * MS);
    assert_eq!(silence.unanswered_since(), Some(start + 100 * MS));
}

#[test]
fn whatever_comes_is_an_answer() {
    let start = epoch();
    let mut silence = Silence::new(start);

    silence.on_sent(start + 100 * MS);
    silence.on_heard(start + 400 * MS);
    silence.on_sent(start + 410 * MS);
    assert_eq!(silence.unanswered_since(), None);
}
