//! What is told of a row that misses.

use super::*;

const FILE: &str = "\
# Title

## first, CPU s/GiB

Why the first.

And more.

## second

Why the second.
";

#[test]
fn tells_of_what_misses_and_of_nothing_else() {
    let mut text = String::new();

    Notes::read(FILE)
        .tell(&mut text, &["first, CPU s/GiB"])
        .unwrap();

    assert!(text.contains("**first, CPU s/GiB.** Why the first.\n\nAnd more.\n"));
    assert!(!text.contains("second"));
}

#[test]
fn does_not_hide_what_nobody_has_explained() {
    let mut text = String::new();

    Notes::read(FILE).tell(&mut text, &["third"]).unwrap();

    assert!(text.contains("**third.** Not explained yet."));
}

#[test]
fn each_explanation_is_about_a_row_that_there_is() {
    let file = include_str!("../../../../docs/performance/missed.md");
    let rows = super::super::rows::all();
    let known: Vec<_> = rows.iter().map(|row| row.measure).collect();

    let notes = Notes::read(file);

    assert!(!notes.0.is_empty());
    for (about, note) in notes.0 {
        let is_of_loss = about == super::super::loss::Loss::MEASURE;
        assert!(known.contains(&about) || is_of_loss, "{about}");
        assert!(!note.is_empty(), "{about}");
    }
}
