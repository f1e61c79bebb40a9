//! What a peer must not do, and what it may do as long as it likes.

use bytes::BytesMut;
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_yamux_proto::{CloseReason, Config, Error, Event, StreamId, Violation};

use crate::{
    pair::noise,
    wire::{ACK, FIN, Lone, RST, SYN, WINDOW, data, go_away, header, ping, update},
};

fn id(listener: &mut Lone, number: u32) -> StreamId {
    listener.hear(update(number, SYN, 0)).unwrap();
    let stream = listener.accept();
    listener.said();
    listener.events();
    stream
}

// [yamux §Version Field] [yamux §Type Field] [yamux §Flag Field] [yamux §StreamID Field]
#[test]
fn frames_that_are_none_end_the_connection() {
    let frames = [
        (vec![1; 12], Violation::UnknownVersion { version: 1 }),
        (header(4, 0, 0, 0), Violation::UnknownType { kind: 4 }),
        (
            header(1, 0x10, 0, 0),
            Violation::UnknownFlags {
                stream: 0,
                flags: 0x10,
            },
        ),
        (header(0, SYN, 0, 0), Violation::StreamFrameOnSession),
        (header(1, SYN, 0, 0), Violation::StreamFrameOnSession),
        (header(2, 0, 0, 0), Violation::PingFlags { flags: 0 }),
        (
            header(2, SYN | ACK, 0, 0),
            Violation::PingFlags { flags: 3 },
        ),
    ];
    for (frame, expected) in frames {
        let violation = Lone::listener().hear_violation(frame);
        assert_eq!(violation, expected);
        assert_eq!(violation.stream(), None);
    }
}

#[test]
fn a_session_frame_for_a_stream_names_the_stream() {
    for kind in [2, 3] {
        let mut listener = Lone::listener();
        let stream = id(&mut listener, 1);
        let violation = listener.hear_violation(header(kind, SYN, 1, 0));
        assert_eq!(violation, Violation::SessionFrameOnStream { stream });
        assert_eq!(violation.stream(), Some(stream));
    }
}

// [yamux §StreamID Field]
#[test]
fn a_stream_under_an_id_of_ours_is_a_violation() {
    for frame in [data(2, SYN, b""), update(2, SYN, 0)] {
        let violation = Lone::listener().hear_violation(frame);
        assert!(matches!(violation, Violation::WrongParity { stream } if stream.as_u32() == 2));
    }
    for frame in [data(1, SYN, b""), update(1, SYN, 0)] {
        let violation = Lone::dialer().hear_violation(frame);
        assert!(matches!(violation, Violation::WrongParity { stream } if stream.as_u32() == 1));
    }
}

#[test]
fn opening_a_stream_twice_is_a_violation_in_every_state_of_it() {
    let prepare: [fn(&mut Lone, StreamId); 4] = [
        |_, _| {},
        |listener, stream| listener.connection.finish(stream).unwrap(),
        |listener, stream| listener.connection.reset(stream, 0),
        |listener, _| listener.hear(data(1, FIN, b"")).unwrap(),
    ];
    for prepare in prepare {
        for frame in [data(1, SYN, b"x"), update(1, SYN, 9)] {
            let mut listener = Lone::listener();
            let stream = id(&mut listener, 1);
            prepare(&mut listener, stream);
            listener.said();
            let violation = listener.hear_violation(frame);
            assert_eq!(violation, Violation::DuplicateSyn { stream });
        }
    }
}

#[test]
fn data_and_credit_for_a_stream_that_never_was_are_violations() {
    for number in [1, 2, 3, 4, u32::MAX] {
        for frame in [
            data(number, 0, b"x"),
            data(number, RST, b"x"),
            update(number, 0, 1),
        ] {
            let mut listener = Lone::listener();
            // Ours, and not announced.
            listener.connection.open_stream().unwrap();
            let violation = listener.hear_violation(frame);
            assert!(
                matches!(violation, Violation::UnknownStream { stream } if stream.as_u32() == number)
            );
        }
    }
}

// [yamux §Closing a stream]
#[test]
fn data_behind_the_end_is_a_violation() {
    let mut listener = Lone::listener();
    let stream = id(&mut listener, 1);
    listener.hear(data(1, FIN, b"end")).unwrap();
    listener.hear(data(1, FIN, b"")).unwrap();
    listener.hear(update(1, FIN, 0)).unwrap();

    let violation = listener.hear_violation(data(1, 0, b"more"));

    assert_eq!(violation, Violation::DataAfterFin { stream, len: 4 });
}

// GHSA-vxx9-2994-q338
#[test]
fn a_first_frame_beyond_the_window_is_a_violation_and_opens_nothing() {
    let mut listener = Lone::listener();

    let violation = listener.hear_violation(header(0, SYN, 1, 262_145));

    assert!(matches!(
        violation,
        Violation::WindowExceeded { stream, len: 262_145, window: 262_144 } if stream.as_u32() == 1
    ));
    assert_eq!(listener.events(), []);
    assert_eq!(listener.connection.accept_stream(), None);
    assert_eq!(listener.connection.stats().inbound_streams, 0);
}

// [yamux §Flow Control]
#[test]
fn data_beyond_the_window_is_a_violation_at_its_header() {
    let mut listener = Lone::listener();
    let stream = id(&mut listener, 1);
    listener
        .hear(data(1, 0, &noise(1, WINDOW as usize - 10)))
        .unwrap();
    // What is not read makes no room.
    assert!(listener.connection.read(stream, 100).is_ok());

    let violation = listener.hear_violation(header(0, 0, 1, 11));

    let (len, window) = (11, 10);
    assert_eq!(
        violation,
        Violation::WindowExceeded {
            stream,
            len,
            window
        }
    );
}

#[test]
fn a_giant_frame_is_a_violation_and_not_an_allocation() {
    let mut listener = Lone::listener();
    let stream = id(&mut listener, 1);

    let violation = listener.hear_violation(header(0, 0, 1, u32::MAX));

    assert!(matches!(violation, Violation::WindowExceeded { stream: at, .. } if at == stream));
}

// yamux PR 221/228
#[test]
fn a_window_beyond_32_bits_is_a_violation() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    let most = u32::MAX - (WINDOW - 1);
    dialer.hear(update(1, 0, most)).unwrap();

    let violation = dialer.hear_violation(update(1, 0, 1));

    let (window, credit) = (u32::MAX, 1);
    assert_eq!(
        violation,
        Violation::CreditOverflow {
            stream,
            window,
            credit
        }
    );

    let mut listener = Lone::listener();
    let opening = listener.hear_violation(update(1, SYN, u32::MAX));
    assert!(matches!(
        opening,
        Violation::CreditOverflow { window: WINDOW, .. }
    ));
    assert_eq!(listener.connection.accept_stream(), None);
}

#[test]
fn more_for_streams_that_are_over_than_their_windows_had_left_is_a_violation() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.abandon(stream, 0);
    dialer.said();
    dialer.hear(data(1, 0, &noise(1, WINDOW as usize))).unwrap();

    let violation = dialer.hear_violation(header(0, 0, 1, 1));

    assert_eq!(
        violation,
        Violation::ClosedStreamOverrun {
            stream,
            len: 1,
            allowed: 0
        }
    );
}

// GHSA-3999-5ffv-wp2r
#[test]
fn a_peer_that_pings_and_never_reads_is_not_listened_to() {
    let mut listener = Lone::listener();
    let mut unused = 0;
    for value in 0..10_000 {
        listener.hear(ping(value)).unwrap();
        unused = listener.inbox.len();
    }

    assert_eq!(unused, (10_000 - 256) * 12, "left with the caller");
    let said = listener.said();
    assert_eq!(said.len(), 256 * 12);
    assert_eq!(listener.hear([]), Ok(()));
    assert_eq!(listener.inbox.len(), unused - 256 * 12);
}

// GHSA-3999-5ffv-wp2r
#[test]
fn a_peer_that_opens_streams_and_never_reads_is_not_listened_to() {
    let mut listener = Lone::listener();
    for stream in 0..10_000 {
        listener.hear(data(2 * stream + 1, SYN, b"x")).unwrap();
    }

    assert_eq!(listener.connection.stats().inbound_streams, 256);
    assert_eq!(listener.connection.stats().unread_bytes, 256);
    assert_eq!(listener.connection.stats().refused_streams, 256);
    assert_eq!(listener.events(), [Event::StreamOpened]);
    assert_eq!(listener.said().len(), 256 * 12);
}

// RUSTSEC-2022-0084
#[test]
fn a_peer_that_opens_and_resets_streams_holds_no_more_than_it_may_open() {
    let mut listener = Lone::listener();
    for number in 0..10_000 {
        let stream = 2 * number + 1;
        listener.hear(data(stream, SYN, &[1; 100])).unwrap();
        listener.hear(update(stream, RST, 0)).unwrap();
        listener.said();
    }

    let stats = listener.connection.stats();
    assert_eq!((stats.inbound_streams, stats.unread_bytes), (256, 0));
    while let Some(stream) = listener.connection.accept_stream() {
        listener.connection.abandon(stream, 0);
    }
    assert_eq!(listener.said(), []);
    assert_eq!(listener.connection.stats().inbound_streams, 0);
}

#[test]
fn a_peer_that_never_reads_our_resets_gets_no_more_streams() {
    let mut listener = Lone::listener();
    for number in 0..10_000 {
        listener.hear(data(2 * number + 1, SYN, b"x")).unwrap();
        while let Some(stream) = listener.connection.accept_stream() {
            listener.connection.abandon(stream, 1);
        }
    }

    assert_eq!(listener.connection.stats().inbound_streams, 256);
    assert_eq!(listener.said().len(), 512 * 12);
    assert_eq!(listener.connection.stats().inbound_streams, 0);
}

#[test]
fn single_bytes_and_empty_frames_cost_no_more_than_their_bytes() {
    let mut listener = Lone::listener();
    let stream = id(&mut listener, 1);
    for _ in 0..50_000 {
        listener.hear(data(1, 0, b"x")).unwrap();
        listener.hear(data(1, 0, b"")).unwrap();
        listener.hear(update(1, 0, 0)).unwrap();
    }

    assert_eq!(listener.events(), []);
    assert_eq!(listener.said(), []);
    let mut pieces = 0;
    let _ = listener
        .connection
        .read_with(stream, usize::MAX, |_| pieces += 1);
    assert!(pieces < 10, "{pieces} pieces");
}

#[test]
fn little_on_many_streams_with_much_in_between_keeps_few_buffers_alive() {
    const BUFFER: usize = 256 << 10;
    let piece = [7; 2048];
    let mut listener = Lone::listener();
    let mut buffers = Vec::new();
    let mut sent = 0;
    for round in 0..16 {
        for stream in (1..512).step_by(2) {
            let mut buffer = BytesMut::with_capacity(BUFFER);
            let flags = if round == 0 { SYN } else { 0 };
            buffer.extend_from_slice(&data(stream, flags, &piece));
            // The rest of the buffer would be pongs, for which nothing is kept.
            listener
                .connection
                .handle_input(listener.now, &mut buffer)
                .unwrap();
            sent += piece.len();
            buffers.push(buffer);
        }
    }

    let is_kept = |buffer: &mut BytesMut| !buffer.try_reclaim(BUFFER);
    let kept = buffers
        .iter_mut()
        .filter_map(|it| is_kept(it).then_some(()));
    let (kept, most) = (kept.count(), 64 + sent / BUFFER);
    assert!((1..=most).contains(&kept), "{kept} buffers");

    let unread = listener.connection.stats().unread_bytes;
    assert_eq!(unread, sent as u64);
    while let Some(stream) = listener.connection.accept_stream() {
        let mut read = 0;
        while let Ok(Some(bytes)) = listener.connection.read(stream, usize::MAX) {
            read += bytes.len();
        }
        assert_eq!(read, 16 * piece.len());
    }
    assert_eq!(listener.connection.stats().unread_bytes, 0);
    assert!(!buffers.iter_mut().any(is_kept));
}

#[test]
fn nothing_is_read_after_a_violation() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"before")).unwrap();
    let violation = listener.hear_violation(header(9, 0, 0, 0));
    let reason = CloseReason::Failed(Error::Violation(violation));
    let mut more = BytesMut::from(&[ping(1), go_away(0)].concat()[..]);
    let (len, now) = (more.len(), listener.now);

    assert_eq!(listener.connection.handle_input(now, &mut more), Ok(()));
    assert_eq!(listener.connection.handle_eof(now), Ok(()));
    assert_eq!(listener.connection.handle_timeout(now), Ok(()));

    assert_eq!(more.len(), len);
    assert_eq!(listener.said(), []);
    assert_eq!(listener.connection.poll_timeout(), None);
    assert_eq!(listener.connection.close_reason(), Some(&reason));
    assert_eq!(listener.events(), [Event::StreamOpened]);
    let stream = listener.accept();
    assert_eq!(
        listener.connection.read(stream, 9).unwrap().unwrap(),
        "before"
    );
}

#[test]
fn a_code_that_is_not_orderly_ends_the_connection_at_once() {
    for code in [1, 2, 3, 0x1003, u32::MAX] {
        let mut listener = Lone::new(Role::Listener, Config::default());
        listener.hear([go_away(code), ping(1)].concat()).unwrap();

        let reason = CloseReason::Remote { code };
        assert_eq!(listener.events(), [Event::Closed(reason)]);
        assert_eq!(listener.said(), []);
        assert_eq!(listener.inbox.len(), 12);
    }
}
