//! Tests of units.

use super::*;

#[test]
fn suffixes_of_bytes_are_understood() {
    for (text, bytes) in [
        ("0", 0),
        ("4096", 4096),
        ("64k", 65_536),
        ("1GiB", 1 << 30),
        ("10MB", 10_000_000),
    ] {
        assert_eq!(parse_bytes(text), Ok(bytes));
    }
    for text in ["", "k", "1.5M", "-1", "1T5", "99999999999G"] {
        assert!(parse_bytes(text).is_err(), "{text}");
    }
}

#[test]
fn seconds_may_have_a_fraction_and_an_end() {
    assert_eq!(parse_seconds("0.25"), Ok(Duration::from_millis(250)));
    for text in ["", "-1", "nan", "inf", "1e9", "one"] {
        assert!(parse_seconds(text).is_err(), "{text}");
    }
}

#[test]
fn durations_have_the_unit_that_fits() {
    assert_eq!(Span(Duration::from_micros(512)).to_string(), "0.512 ms");
    assert_eq!(Span(Duration::from_millis(1_500)).to_string(), "1.500 s");
}
