//! Congestion marks and segments.

use super::*;

#[test]
fn congestion_marks_survive_the_wire() {
    for mark in [Ecn::Ect0, Ecn::Ect1, Ecn::Ce] {
        assert_eq!(Ecn::from_bits(mark.bits()), Some(mark));
        assert_eq!(Ecn::from_bits(0b1011_1000 | mark.bits()), Some(mark));
    }
    assert_eq!(Ecn::from_bits(0b1111_1100), None);
}

#[test]
fn a_transmit_without_segments_is_one_datagram() {
    let transmit = transmit(3, None);

    assert!(transmit.datagrams(b"abc").eq([b"abc"]));
}

#[test]
fn a_transmit_of_whole_segments_ends_with_a_whole_one() {
    let transmit = transmit(4, NonZeroUsize::new(2));

    assert!(transmit.datagrams(b"aabb").eq([b"aa", b"bb"]));
}

#[test]
fn an_empty_transmit_has_no_datagrams() {
    assert_eq!(transmit(0, None).datagrams(b"").len(), 0);
}

fn transmit(len: usize, segment_len: Option<NonZeroUsize>) -> Transmit {
    Transmit {
        remote: ([192, 0, 2, 7], 4001).into(),
        local_ip: None,
        ecn: None,
        len,
        segment_len,
    }
}
