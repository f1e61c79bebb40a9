//! Each field at its place, and nothing read that should be refused.

use super::*;

#[test]
fn reads_what_it_writes() {
    let stream = StreamId::new(0x0102_0304);
    for flags in (0..16).map(Flags) {
        for length in [0, 1, 0x0506_0708, u32::MAX] {
            let data = Frame::Data {
                stream,
                flags,
                len: length,
            };
            let update = Frame::WindowUpdate {
                stream,
                flags,
                credit: length,
            };
            for frame in [data, update] {
                assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        }
    }
    for value in [0, 1, u32::MAX] {
        for frame in [
            Frame::Ping { value },
            Frame::Pong { value },
            Frame::GoAway { code: value },
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }
}

// [yamux §Framing]
#[test]
fn every_field_is_in_network_order_at_its_place() {
    let frame = Frame::Data {
        stream: StreamId::new(0x0102_0304),
        flags: Flags::SYN | Flags::FIN,
        len: 0x0506_0708,
    };

    assert_eq!(frame.encode(), [0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(
        Frame::Ping { value: 0x0a0b_0c0d }.encode(),
        [0, 2, 0, 1, 0, 0, 0, 0, 10, 11, 12, 13]
    );
}

// [yamux §Version Field]
#[test]
fn another_version_is_refused() {
    for version in 1..=u8::MAX {
        let header = [version, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0];
        let refused = Err(Violation::UnknownVersion { version });
        assert_eq!(Frame::decode(&header), refused);
    }
}

// [yamux §Type Field]
#[test]
fn another_type_is_refused() {
    for kind in 4..=u8::MAX {
        let header = [0, kind, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0];
        assert_eq!(Frame::decode(&header), Err(Violation::UnknownType { kind }));
    }
}

// [yamux §Flag Field]
#[test]
fn each_other_flag_is_refused() {
    for bit in 4..16 {
        let [high, low] = (1_u16 << bit | 1).to_be_bytes();
        for kind in 0..4 {
            let header = [0, kind, high, low, 0, 0, 0, 0, 0, 0, 0, 0];
            let refused = Err(Violation::UnknownFlags {
                stream: 0,
                flags: 1 << bit | 1,
            });
            assert_eq!(Frame::decode(&header), refused);
        }
    }
}

// [yamux §StreamID Field]
#[test]
fn the_session_has_no_data_and_a_stream_no_pings() {
    for kind in [DATA, WINDOW_UPDATE] {
        let header = [0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Frame::decode(&header), Err(Violation::StreamFrameOnSession));
    }
    for kind in [PING, GO_AWAY] {
        let header = [0, kind, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0];
        let stream = StreamId::new(7);
        assert_eq!(
            Frame::decode(&header),
            Err(Violation::SessionFrameOnStream { stream })
        );
    }
}

#[test]
fn a_ping_is_either_a_question_or_an_answer() {
    for flags in [0, 3, 4, 5, 8, 15] {
        let header = [0, PING, 0, flags, 0, 0, 0, 0, 0, 0, 0, 0];
        let flags = flags.into();
        assert_eq!(Frame::decode(&header), Err(Violation::PingFlags { flags }));
    }
}
