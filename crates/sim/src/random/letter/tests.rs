//! Tests of which error means what.

use std::sync::Arc;

use super::*;

#[test]
fn a_reader_that_resets_is_told_by_its_code_and_by_no_other() {
    let letter = Letter {
        reader_leaves: Some((5, Leave::Reset)),
        ..plain()
    };
    for (code, is_it) in [(LEFT_BY_READER, true), (LEFT_BY_WRITER, false)] {
        for why in [
            Why::Write(WriteError::Stopped(code)),
            Why::Read(ReadError::Reset(code)),
        ] {
            assert_eq!(why.says_that_reader_left(letter), is_it, "{why:?}");
        }
    }
}

#[test]
fn a_reader_that_drops_its_stream_may_be_told_by_any_code() {
    let letter = Letter {
        reader_leaves: Some((5, Leave::Drop)),
        ..plain()
    };

    let why = Why::Read(ReadError::Reset(StreamCode::new(0)));
    assert!(why.says_that_reader_left(letter));
    assert!(!Why::WrongAnswer { len: 3 }.says_that_reader_left(letter));
}

#[test]
fn a_reset_that_overtakes_the_agreement_is_that_of_its_reader_too() {
    let letter = Letter {
        reader_leaves: Some((5, Leave::Reset)),
        ..plain()
    };
    let failed = |code| NegotiationError::Stream(Arc::new(ReadError::Reset(code)));
    for (code, is_it) in [(LEFT_BY_READER, true), (LEFT_BY_WRITER, false)] {
        for why in [
            Why::Write(failed(code).into()),
            Why::Read(failed(code).into()),
        ] {
            assert_eq!(why.says_that_reader_left(letter), is_it, "{why:?}");
            assert!(!why.says_that_reader_left(plain()));
        }
    }
}

#[test]
fn nobody_left_a_letter_that_nobody_was_to_leave() {
    for code in [LEFT_BY_READER, LEFT_BY_WRITER, StreamCode::new(0)] {
        assert!(!Why::Read(ReadError::Reset(code)).says_that_reader_left(plain()));
        assert!(!says_that_writer_left(&ReadError::Reset(code), plain()));
    }
}

#[test]
fn a_writer_that_resets_is_told_by_its_code_and_by_no_other() {
    let leaves = |leave| Letter {
        writer_leaves: Some((5, leave)),
        ..plain()
    };
    let reset = |code| ReadError::Reset(code);

    let letter = leaves(Leave::Reset);
    assert!(says_that_writer_left(&reset(LEFT_BY_WRITER), letter));
    assert!(!says_that_writer_left(&reset(LEFT_BY_READER), letter));
    let letter = leaves(Leave::Drop);
    assert!(says_that_writer_left(&reset(StreamCode::new(0)), letter));
}

fn plain() -> Letter {
    Letter {
        len: 10,
        writer_leaves: None,
        reader_leaves: None,
        reader_waits: Duration::ZERO,
    }
}
