//! What becomes of the page around the table.

use super::*;

#[test]
fn replaces_the_table_and_nothing_else() {
    let page = "a\n<!-- other -->\nx\n<!-- end -->\n<!-- micro -->\nold\n<!-- end -->\nb\n";

    assert_eq!(
        replaced(page, "new\n").unwrap(),
        "a\n<!-- other -->\nx\n<!-- end -->\n<!-- micro -->\nnew\n<!-- end -->\nb\n"
    );
    assert_eq!(replaced("nothing here", "new"), None);
}

#[test]
fn the_page_has_a_place_for_the_table() {
    let page = include_str!("../../../../docs/performance.md");

    assert!(replaced(page, "new").is_some());
}
