//! Summaries as libtest prints them.

use super::*;

#[test]
fn adds_up_the_tests_that_passed() {
    let output = "\nrunning 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\
                  test result: ok. 1 passed; 0 failed; 0 ignored\n";

    assert_eq!(passed(output), 3);
}

#[test]
fn sees_that_a_filter_selected_nothing() {
    assert_eq!(
        passed("test result: ok. 0 passed; 0 failed; 9 filtered out\n"),
        0
    );
}
