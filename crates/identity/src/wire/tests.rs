//! Numbers and fields at their bounds.

use super::*;

#[test]
fn numbers_of_every_length_read_back() {
    for bits in 0..=64 {
        let value = u64::MAX.checked_shr(64 - bits).unwrap_or(0);
        let mut bytes = Vec::new();

        push_varint(&mut bytes, value);
        let mut reader = Reader::new(&bytes);

        assert_eq!(reader.varint(), Ok(value));
        assert_eq!(reader.rest, []);
    }
}

#[test]
fn a_number_above_64_bits_is_refused() {
    let too_large = [&[0xff; 9][..], &[0x02]].concat();
    let too_long = [&[0x80; 10][..], &[0x00]].concat();

    for bytes in [too_large, too_long] {
        assert_eq!(Reader::new(&bytes).varint(), Err(WireError::NumberTooLarge));
    }
}

#[test]
fn a_message_cut_short_is_refused_wherever_it_is_cut() {
    let message = [
        0x08, 0x96, 0x01, 0x12, 0x02, 1, 2, 0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0, 0, 0,
    ];
    let whole_fields = [0, 3, 7, 16, 21];

    for len in 0..=message.len() {
        let result = read_all(&message[..len]);

        if whole_fields.contains(&len) {
            assert!(result.is_ok(), "{len}");
        } else {
            assert_eq!(result, Err(WireError::Truncated), "{len}");
        }
    }
}

#[test]
fn fields_of_every_wire_type_are_stepped_over() {
    let message = [
        0x08, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 0x00, 0x25, 1, 2, 3, 4,
    ];

    assert_eq!(read_all(&message), Ok(vec![1, 2, 3, 4]));
}

#[test]
fn groups_and_unassigned_wire_types_are_refused() {
    for wire_type in [3, 4, 6, 7] {
        let field = 1;

        assert_eq!(
            read_all(&[(field as u8) << 3 | wire_type]),
            Err(WireError::WireType { field, wire_type })
        );
    }
}

#[test]
fn field_numbers_out_of_range_are_refused() {
    let mut beyond = Vec::new();
    push_varint(&mut beyond, (1 << 29) << 3);
    let mut last = Vec::new();
    push_varint(&mut last, ((1 << 29) - 1) << 3);
    last.push(0);

    assert_eq!(read_all(&[0x00, 0x01]), Err(WireError::FieldNumber));
    assert_eq!(read_all(&beyond), Err(WireError::FieldNumber));
    assert_eq!(read_all(&last), Ok(vec![(1 << 29) - 1]));
}

#[test]
fn a_length_beyond_the_message_allocates_nothing_and_is_refused() {
    let mut message = vec![0x0a];
    push_varint(&mut message, u64::MAX);

    assert_eq!(read_all(&message), Err(WireError::Truncated));
}

#[test]
fn a_value_of_the_wrong_type_is_refused_when_it_is_used() {
    let number = Reader::new(&[0x08, 0x01]).next_field().unwrap().unwrap();
    let bytes = Reader::new(&[0x0a, 0x00]).next_field().unwrap().unwrap();

    assert_eq!(number.bytes(), Err(WireError::Mismatch { field: 1 }));
    assert_eq!(bytes.varint(), Err(WireError::Mismatch { field: 1 }));
}

fn read_all(message: &[u8]) -> Result<Vec<u32>, WireError> {
    let mut reader = Reader::new(message);
    let mut numbers = Vec::new();
    while let Some(field) = reader.next_field()? {
        numbers.push(field.number);
    }
    Ok(numbers)
}
