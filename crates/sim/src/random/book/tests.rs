//! Tests of the model: it objects to each thing that must not happen.

use std::{io, time::Duration};

use super::*;
use crate::random::plan::Leave;

#[test]
fn a_letter_that_arrives_whole_and_is_confirmed_is_fine() {
    let book = Book::new(true);
    let number = book.post(letter(10));

    book.arrived(number, 10);
    book.confirmed(number);

    let (tally, violations) = book.close();
    assert_eq!((tally.letters, violations), (1, vec![]));
}

#[test]
fn a_letter_that_ends_well_before_its_end_was_cut_short() {
    let book = Book::new(false);
    let number = book.post(letter(10));

    book.arrived(number, 9);

    let cut_short = Violation::CutShort {
        letter: number,
        arrived: 9,
        len: 10,
    };
    assert_eq!(book.close().1, [cut_short]);
}

#[test]
fn a_letter_that_was_left_may_not_end_well() {
    let book = Book::new(false);
    let written = book.post(Letter {
        writer_leaves: Some((5, Leave::Drop)),
        ..letter(10)
    });
    let read = book.post(Letter {
        reader_leaves: Some((5, Leave::Reset)),
        ..letter(10)
    });

    book.arrived(written, 10);
    book.confirmed(read);

    let left = |letter, who| Violation::LeftAndWell { letter, who };
    assert_eq!(
        book.close().1,
        [left(written, "writer"), left(read, "reader")]
    );
}

#[test]
fn a_letter_that_is_confirmed_must_have_arrived() {
    let book = Book::new(false);
    let number = book.post(letter(10));

    book.confirmed(number);

    assert_eq!(book.close().1, [Violation::NotArrived { letter: number }]);
}

#[test]
fn a_failure_is_wrong_only_where_nothing_goes_wrong() {
    let error = io::Error::other("why");
    for (is_calm, violations) in [(true, 1), (false, 0)] {
        let book = Book::new(is_calm);

        book.failed("work", &error);

        assert_eq!(book.close().1.len(), violations);
        assert_eq!(book.close().0.failures, 1);
    }
}

fn letter(len: u32) -> Letter {
    Letter {
        len,
        writer_leaves: None,
        reader_leaves: None,
        reader_waits: Duration::ZERO,
    }
}
