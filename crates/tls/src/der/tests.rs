//! DER values written and read back, and values that are not DER.

use super::*;

#[test]
fn reads_what_it_wrote_at_every_length_form() {
    for len in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
        let contents = vec![0xab; len];
        let mut out = Vec::new();
        push_value(&mut out, OCTET_STRING, &contents);

        let mut reader = Reader::new(&out);

        assert_eq!(reader.octet_string().unwrap(), contents);
        assert!(reader.finish().is_ok());
    }
}

#[test]
fn refuses_lengths_that_are_not_in_the_shortest_form() {
    for input in [
        &[OCTET_STRING, 0x81, 0x01, 0xaa][..],
        &[OCTET_STRING, 0x82, 0x00, 0x01, 0xaa],
        &[OCTET_STRING, 0x80, 0xaa, 0x00, 0x00],
    ] {
        assert!(Reader::new(input).octet_string().is_err(), "{input:x?}");
    }
}

#[test]
fn refuses_every_truncation_of_a_value() {
    let mut out = Vec::new();
    push_value(&mut out, OCTET_STRING, &[7; 300]);

    for len in 0..out.len() {
        assert!(Reader::new(&out[..len]).octet_string().is_err(), "{len}");
    }
}

#[test]
fn refuses_a_value_of_another_kind() {
    assert!(Reader::new(&[SEQUENCE, 0]).octet_string().is_err());
}
