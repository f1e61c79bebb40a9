//! Who sends when several want to.

use sinew_sans_io::Role;
use sinew_yamux_proto::Config;

use crate::wire::Lone;

/// The streams and lengths of the data frames in `bytes`.
fn frames(mut bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = bytes.split_at_checked(12) {
        let field = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        let len = if header[1] == 0 { field(8) as usize } else { 0 };
        if header[1] == 0 {
            frames.push((field(4), len));
        }
        bytes = &rest[len..];
    }
    frames
}

#[test]
fn streams_take_turns_and_none_is_held_back() {
    let mut dialer = Lone::dialer();
    let streams: Vec<_> = (0..8).map(|_| dialer.open()).collect();
    for &stream in &streams {
        dialer
            .connection
            .write_slice(stream, &[1; 200_000])
            .unwrap();
    }

    let frames = frames(&dialer.said());

    for round in frames.chunks(8).take(3) {
        let ids: Vec<_> = round.iter().map(|(id, _)| *id).collect();
        let all: Vec<_> = streams.iter().map(|stream| stream.as_u32()).collect();
        assert_eq!(ids, all);
        assert!(round.iter().all(|(_, len)| *len <= 16 << 10));
    }
}

#[test]
fn a_small_stream_waits_for_one_turn_of_the_others() {
    let mut dialer = Lone::dialer();
    let small = dialer.open();
    let large: Vec<_> = (0..8).map(|_| dialer.open()).collect();
    for stream in large {
        dialer
            .connection
            .write_slice(stream, &[1; 200_000])
            .unwrap();
    }
    dialer.connection.write_slice(small, b"small").unwrap();

    let frames = frames(&dialer.said());

    let at = frames.iter().position(|(_, len)| *len == 5).unwrap();
    let before: usize = frames[..at].iter().map(|(_, len)| len).sum();
    assert!(before <= 8 * (16 << 10), "{before} bytes went first");
}

#[test]
fn an_urgent_stream_overtakes_all_others_even_when_it_became_urgent_late() {
    let mut dialer = Lone::dialer();
    let urgent = dialer.open();
    let idle = dialer.open();
    for _ in 0..4 {
        let stream = dialer.open();
        dialer.connection.write_slice(stream, &[1; 20_000]).unwrap();
    }
    dialer.connection.set_priority(idle, -1);
    dialer.connection.write_slice(idle, b"last").unwrap();
    dialer.connection.write_slice(urgent, &[3; 40_000]).unwrap();
    dialer.connection.set_priority(urgent, 7);

    let frames = frames(&dialer.said());

    assert_eq!(frames.first(), Some(&(urgent.as_u32(), 40_000)));
    assert_eq!(frames.last(), Some(&(idle.as_u32(), 4)));
}

#[test]
fn a_stream_that_is_alone_sends_large_frames_and_never_larger_than_configured() {
    for (max, expected) in [(64 << 10, 64 << 10), (1000, 1000), (1 << 20, 200_000)] {
        let mut config = Config::default();
        config.max_frame_payload = max;
        config.max_transmit = 1 << 20;
        let mut dialer = Lone::new(Role::Dialer, config);
        let stream = dialer.open();
        dialer
            .connection
            .write_slice(stream, &[1; 200_000])
            .unwrap();

        let frames = frames(&dialer.said());

        assert_eq!(frames[0], (1, expected));
        let sum: usize = frames.iter().map(|(_, len)| len).sum();
        assert_eq!(sum, 200_000);
    }
}

#[test]
fn small_writes_share_a_frame() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    for _ in 0..100 {
        dialer
            .connection
            .write_slice(stream, b"0123456789")
            .unwrap();
    }

    assert_eq!(frames(&dialer.said()), [(1, 1000)]);
}
