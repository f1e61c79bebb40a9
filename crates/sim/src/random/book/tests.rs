//! Tests of the model: it objects to each thing that must not happen.

use std::io;

use sinew_simnet::World;
use sinew_testkit::Seed;

use super::*;
use crate::random::plan::Leave;

#[test]
fn a_letter_that_arrives_whole_and_is_confirmed_is_fine() {
    let book = new_book(true);
    let number = post(&book, letter(10));

    book.arrived(number, 10);
    book.confirmed(number);

    let (tally, reports) = book.close();
    assert_eq!((tally.letters, reports), (1, vec![]));
}

#[test]
fn a_letter_that_ends_well_before_its_end_was_cut_short() {
    let book = new_book(false);
    let number = post(&book, letter(10));

    book.arrived(number, 9);

    let cut_short = Violation::CutShort {
        letter: number,
        arrived: 9,
        len: 10,
    };
    assert_eq!(violations(&book), [cut_short]);
}

#[test]
fn a_letter_that_was_left_may_not_end_well() {
    let book = new_book(false);
    let written = post(
        &book,
        Letter {
            writer_leaves: Some((5, Leave::Drop)),
            ..letter(10)
        },
    );
    let read = post(
        &book,
        Letter {
            reader_leaves: Some((5, Leave::Reset)),
            ..letter(10)
        },
    );

    book.arrived(written, 10);
    book.confirmed(read);

    let left = |letter, who| Violation::LeftAndWell { letter, who };
    assert_eq!(
        violations(&book),
        [left(written, "writer"), left(read, "reader")]
    );
}

#[test]
fn a_letter_that_is_confirmed_must_have_arrived() {
    let book = new_book(false);
    let number = post(&book, letter(10));

    book.confirmed(number);

    assert_eq!(
        violations(&book),
        [Violation::NotArrived { letter: number }]
    );
}

#[test]
fn a_failure_is_wrong_only_where_nothing_goes_wrong() {
    let error = io::Error::other("why");
    for (is_calm, violations) in [(true, 1), (false, 0)] {
        let book = new_book(is_calm);

        book.failed("work", &error);

        assert_eq!(book.close().1.len(), violations);
        assert_eq!(book.close().0.failures, 1);
    }
}

#[test]
fn what_is_wrong_is_told_with_the_step_and_stands_in_the_log() {
    let world = World::new(Seed::new(1));
    world.keep_log();
    let book = Book::new(true, world.progress());
    world.run_for(Duration::from_millis(1500));

    book.violated(Violation::NotArrived { letter: 7 });

    let said = "letter 7 was confirmed, and has not arrived";
    let report = book.close().1.remove(0).to_string();
    assert_eq!(report, format!("at 1.500 s, packet 0: {said}"));
    let line = world.log_lines().remove(0);
    assert!(line.ends_with(&format!("note wrong: {said}")), "{line}");
}

#[test]
fn a_letter_arrives_once() {
    let book = new_book(false);
    let number = post(&book, letter(10));

    book.arrived(number, 10);
    book.arrived(number, 10);

    let twice = Violation::ArrivedTwice { letter: number };
    assert_eq!(violations(&book), [twice]);
}

#[test]
fn a_letter_is_read_by_whom_it_is_for_and_comes_from_its_writer() {
    let [writer, reader, other] = [1, 2, 3].map(peer);
    for (from, to, count) in [(writer, reader, 0), (writer, other, 1), (other, reader, 1)] {
        let book = new_book(false);
        let number = book.post(letter(10), writer, reader);

        assert!(book.letter(number, from, to).is_some());

        assert_eq!(violations(&book).len(), count);
    }
}

fn post(book: &Book, letter: Letter) -> u64 {
    book.post(letter, peer(1), peer(2))
}

fn peer(number: u64) -> PeerId {
    let secret = Seed::new(number).bytes();
    sinew::Keypair::ed25519_from_secret(secret).peer_id()
}

fn new_book(is_calm: bool) -> Book {
    Book::new(is_calm, World::new(Seed::new(1)).progress())
}

fn violations(book: &Book) -> Vec<Violation> {
    let reports = book.close().1.into_iter();
    reports.map(|report| report.violation).collect()
}

fn letter(len: u32) -> Letter {
    Letter {
        len,
        writer_leaves: None,
        reader_leaves: None,
        reader_waits: Duration::ZERO,
    }
}
