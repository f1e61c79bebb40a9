//! Whole conversations, byte for byte as the spec has them.

use bytes::Bytes;

use crate::wire::{ACK, FIN, Lone, RST, SYN, data, go_away, header, ping, pong, update};

// [yamux §Opening a stream] [yamux §StreamID Field]
#[test]
fn the_first_frame_of_a_stream_opens_it_and_the_dialers_ids_are_odd() {
    let mut dialer = Lone::dialer();
    let mut listener = Lone::listener();

    for (side, ids) in [(&mut dialer, [1, 3]), (&mut listener, [2, 4])] {
        for id in ids {
            let stream = side.connection.open_stream().unwrap();
            assert_eq!(side.said(), [], "nothing before there is something to say");
            let mut payload = Bytes::from_static(b"hello");
            side.connection.write(stream, &mut payload).unwrap();
            assert_eq!(side.said(), data(id, SYN, b"hello"));
            side.connection.write_slice(stream, b"more").unwrap();
            assert_eq!(side.said(), data(id, 0, b"more"));
        }
    }
}

// [yamux §Framing]
#[test]
fn a_frame_is_twelve_bytes_in_network_order_and_its_payload() {
    let mut dialer = Lone::dialer();
    let stream = dialer.connection.open_stream().unwrap();
    dialer.connection.write_slice(stream, b"hi").unwrap();

    let hello = b"\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02hi";
    assert_eq!(dialer.said(), hello);

    let mut listener = Lone::listener();
    listener.hear(hello).unwrap();
    assert_eq!(listener.accept().as_u32(), 1);
    assert_eq!(
        listener.said(),
        b"\x00\x01\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00"
    );
    listener
        .hear(b"\x00\x02\x00\x01\x00\x00\x00\x00\xde\xad\xbe\xef")
        .unwrap();
    assert_eq!(
        listener.said(),
        b"\x00\x02\x00\x02\x00\x00\x00\x00\xde\xad\xbe\xef"
    );
}

// [yamux §Opening a stream]
#[test]
fn an_answer_acknowledges_the_stream_and_an_acceptance_without_one_does_too() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"a")).unwrap();
    listener.hear(update(3, SYN, 0)).unwrap();

    let first = listener.accept();
    listener.connection.write_slice(first, b"b").unwrap();
    assert_eq!(listener.said(), data(1, ACK, b"b"));

    let second = listener.accept();
    assert_eq!(listener.said(), update(3, ACK, 0));
    listener.connection.write_slice(second, b"c").unwrap();
    assert_eq!(listener.said(), data(3, 0, b"c"));
}

// [yamux §Closing a stream]
#[test]
fn the_end_is_a_frame_of_its_own_behind_the_last_bytes() {
    let mut dialer = Lone::dialer();
    let first = dialer.connection.open_stream().unwrap();
    dialer.connection.write_slice(first, b"all").unwrap();
    dialer.connection.finish(first).unwrap();
    dialer.connection.abandon(first, 0);
    let proof = ping(0);
    assert_eq!(
        dialer.said(),
        [data(1, SYN, b"all"), data(1, FIN, b""), proof].concat(),
        "a ping proves that it has arrived"
    );

    let second = dialer.connection.open_stream().unwrap();
    dialer.connection.finish(second).unwrap();
    assert_eq!(dialer.said(), data(3, SYN | FIN, b""));
}

#[test]
fn an_end_that_nobody_waits_for_is_followed_by_no_ping() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN | FIN, b"question")).unwrap();
    let stream = listener.accept();
    listener.connection.write_slice(stream, b"answer").unwrap();
    listener.connection.finish(stream).unwrap();
    listener.connection.abandon(stream, 0);

    assert_eq!(
        listener.said(),
        [data(1, ACK, b"answer"), data(1, FIN, b"")].concat()
    );
    assert_eq!(listener.connection.stats().inbound_streams, 0);
}

// [error-codes §Yamux]
#[test]
fn a_reset_carries_its_code_in_a_window_update() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();

    dialer.connection.reset(stream, 0x1004);

    assert_eq!(dialer.said(), update(1, RST, 0x1004));
}

#[test]
fn a_stream_that_the_peer_has_not_heard_of_goes_without_a_word() {
    let mut dialer = Lone::dialer();
    let stream = dialer.connection.open_stream().unwrap();
    dialer
        .connection
        .write_slice(stream, b"never sent")
        .unwrap();

    dialer.connection.abandon(stream, 1);

    assert_eq!(dialer.said(), []);
    assert_eq!(dialer.connection.stats().outbound_streams, 0);
    assert_eq!(dialer.connection.stats().unsent_bytes, 0);
}

// [yamux §Session termination]
#[test]
fn a_close_is_the_last_word() {
    let mut dialer = Lone::dialer();
    let stream = dialer.connection.open_stream().unwrap();
    dialer.connection.write_slice(stream, b"lost").unwrap();

    dialer.connection.close(0);

    assert_eq!(dialer.said(), go_away(0));
    assert_eq!(dialer.said(), []);
}

#[test]
fn frames_are_gathered_in_order_of_importance() {
    let mut dialer = Lone::dialer();
    let (first, second) = (dialer.open(), dialer.open());
    dialer.hear(data(2, SYN, b"x")).unwrap();
    dialer.hear(ping(7)).unwrap();
    dialer.connection.write_slice(first, b"data").unwrap();
    dialer.connection.reset(second, 5);
    dialer.accept();

    let all = [
        pong(7),
        update(3, RST, 5),
        update(2, ACK, 0),
        data(1, 0, b"data"),
    ];
    assert_eq!(dialer.said(), all.concat());
}

#[test]
fn a_batch_is_as_long_as_the_caller_has_room_for() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.write_slice(stream, &[9; 1000]).unwrap();
    let now = dialer.now;

    for (max, payload) in [(12, 0), (13, 1), (100, 88), (600, 588), (1 << 20, 323)] {
        let mut out = b"before".to_vec();
        let len = dialer.connection.poll_transmit_up_to(now, max, &mut out);
        let expected = if payload == 0 {
            Vec::new()
        } else {
            data(1, 0, &vec![9; payload])
        };
        assert_eq!(len.map_or(0, usize::from), expected.len());
        assert_eq!(out, [b"before".to_vec(), expected].concat());
    }
}

#[test]
fn a_go_away_from_a_frame_of_another_version_is_all_that_is_said() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"x")).unwrap();
    let stream = listener.accept();
    listener
        .connection
        .write_slice(stream, b"not said")
        .unwrap();

    let mut foreign = header(0, 0, 1, 0);
    foreign[0] = 1;
    listener.hear_violation(foreign);
}
