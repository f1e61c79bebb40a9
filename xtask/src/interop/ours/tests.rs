//! Keys that come as text.

use super::*;

#[test]
fn reads_pairs_of_hexadecimal_digits_and_nothing_else() {
    assert_eq!(from_hex("00ff\nA5\n"), Some(vec![0, 255, 165]));
    assert_eq!(from_hex("0"), None);
    assert_eq!(from_hex("0g"), None);
    assert_eq!(from_hex("é"), None);
}
