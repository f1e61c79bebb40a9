//! What becomes of the page around a generated part.

use super::*;

#[test]
fn replaces_what_stands_between_the_marks_and_nothing_else() {
    let page =
        "before\n<!-- measured -->\nold\n<!-- end -->\nafter\n<!-- other -->\nx\n<!-- end -->\n";

    let replaced = replaced(page, "measured", "new\n").unwrap();

    assert_eq!(
        replaced,
        "before\n<!-- measured -->\nnew\n<!-- end -->\nafter\n<!-- other -->\nx\n<!-- end -->\n"
    );
}

#[test]
fn refuses_a_page_without_the_marks() {
    assert!(replaced("nothing here", "measured", "new").is_err());
}
