//! Bytes both ways, and what holds them back.

use bytes::Bytes;
use sinew_sans_io::Role;
use sinew_yamux_proto::{Config, Event, ReadError, ReadState, StreamError, WriteError};

use crate::{
    pair::{Pair, noise},
    wire::{ACK, Lone, SYN, WINDOW, data, ping, update},
};

#[test]
fn carries_bytes_both_ways_and_ends_each_way_by_itself() {
    let mut pair = Pair::new();
    let stream = pair.open(b"question");
    pair.dialer.connection.finish(stream).unwrap();
    pair.run();
    assert_eq!(
        pair.listener.read(stream),
        (b"question".to_vec(), Ok(ReadState::Ended))
    );

    pair.listener.write(stream, b"answer");
    pair.listener.connection.finish(stream).unwrap();
    pair.run();
    assert_eq!(
        pair.dialer.read(stream),
        (b"answer".to_vec(), Ok(ReadState::Ended))
    );
    assert!(pair.dialer.has(Event::Finished { stream }));
    assert!(pair.listener.has(Event::Finished { stream }));

    pair.dialer.connection.abandon(stream, 0);
    pair.listener.connection.abandon(stream, 0);
    pair.run();
    pair.assert_empty();
}

#[test]
fn moves_ten_megabytes_each_way_at_once() {
    let mut pair = Pair::new();
    let stream = pair.open(b".");
    assert_eq!(pair.listener.read(stream).0, b".");
    let sent = [noise(1, 10 << 20), noise(2, 10 << 20)];
    let mut left = sent.clone().map(Bytes::from);
    let mut received = [Vec::new(), Vec::new()];

    for _ in 0..10_000 {
        for (index, peer) in [&mut pair.dialer, &mut pair.listener]
            .into_iter()
            .enumerate()
        {
            match peer.connection.write(stream, &mut left[index]) {
                Ok(_) | Err(WriteError::Blocked) => {}
                Err(error) => panic!("{error}"),
            }
            let (bytes, _) = peer.read(stream);
            received[1 - index].extend(bytes);
        }
        if !pair.step() && received.iter().all(|bytes| bytes.len() == 10 << 20) {
            break;
        }
    }

    assert!(received == sent, "what was read is what was written");
}

#[test]
fn payload_is_handed_on_before_its_frame_is_complete() {
    let mut listener = Lone::listener();
    let frame = data(1, SYN, &noise(1, 100_000));

    listener.hear(&frame[..5000]).unwrap();
    let stream = listener.accept();
    let first = listener
        .connection
        .read(stream, usize::MAX)
        .unwrap()
        .unwrap();
    assert_eq!(first, frame[12..5000]);
    assert_eq!(
        listener.connection.read(stream, usize::MAX),
        Err(ReadError::Blocked)
    );
    listener.events();

    listener.hear(&frame[5000..]).unwrap();
    assert_eq!(listener.events(), [Event::Readable { stream }]);
    let mut rest = Vec::new();
    let state = listener
        .connection
        .read_with(stream, usize::MAX, |bytes| rest.extend(bytes));
    assert_eq!(
        (rest, state),
        (frame[5000..].to_vec(), Ok(ReadState::Drained))
    );
}

#[test]
fn large_payload_is_not_copied_on_its_way_in() {
    let mut listener = Lone::listener();
    let mut input = bytes::BytesMut::from(&data(1, SYN, &noise(1, 100_000))[..]);
    let start = input.as_ptr();

    let now = listener.now;
    sinew_sans_io::StreamMachine::handle_input(&mut listener.connection, now, &mut input).unwrap();

    let stream = listener.accept();
    let read = listener
        .connection
        .read(stream, usize::MAX)
        .unwrap()
        .unwrap();
    assert_eq!(read.len(), 100_000);
    assert_eq!(read.as_ptr(), start.wrapping_add(12));
}

#[test]
fn reads_no_more_than_was_asked_for() {
    let mut pair = Pair::new();
    let stream = pair.open(b"abcdef");
    pair.dialer.connection.finish(stream).unwrap();
    pair.run();
    let connection = &mut pair.listener.connection;

    assert_eq!(connection.read(stream, 4).unwrap().unwrap(), "abcd");
    let mut rest = Vec::new();
    let state = connection.read_with(stream, 1, |bytes| rest.extend(bytes));
    assert_eq!((state, &rest[..]), (Ok(ReadState::More), &b"e"[..]));
    assert_eq!(connection.read(stream, 4).unwrap().unwrap(), "f");
    assert_eq!(connection.read(stream, 4), Ok(None));
    assert_eq!(connection.read(stream, 4), Ok(None), "an end stays an end");
}

#[test]
fn one_event_announces_all_that_arrives_before_the_next_read() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"")).unwrap();
    let stream = listener.accept();
    assert_eq!(listener.connection.read(stream, 9), Err(ReadError::Blocked));
    listener.events();

    for _ in 0..1000 {
        listener.hear(data(1, 0, b"x")).unwrap();
    }
    assert_eq!(listener.events(), [Event::Readable { stream }]);

    assert_eq!(listener.connection.read(stream, 9).unwrap().unwrap(), "x");
    listener.hear(data(1, 0, b"x")).unwrap();
    assert_eq!(listener.events(), [], "the reader knows that there is more");
    while listener.connection.read(stream, 9).is_ok() {}
    listener.hear(data(1, 0, b"x")).unwrap();
    assert_eq!(listener.events(), [Event::Readable { stream }]);
}

#[test]
fn blocks_a_writer_until_the_reader_reads() {
    let mut pair = Pair::new();
    let stream = pair.open(b".");
    let mut written = 1;
    loop {
        match pair.dialer.connection.write_slice(stream, &[7; 10_000]) {
            Ok(len) => written += len,
            Err(error) => {
                assert_eq!(error, WriteError::Blocked);
                break;
            }
        }
        pair.run();
    }
    assert_eq!(written, WINDOW as usize, "one window");
    pair.run();
    pair.dialer.events.clear();

    let (read, state) = pair.listener.read(stream);
    assert_eq!((read.len(), state), (written, Ok(ReadState::Drained)));
    pair.run();

    assert!(pair.dialer.has(Event::Writable { stream }));
    assert!(pair.dialer.connection.write_slice(stream, b"more").is_ok());
}

#[test]
fn a_writer_is_blocked_by_what_waits_to_be_sent() {
    let mut config = Config::default();
    config.stream_send_buffer = 1000;
    let mut dialer = Lone::new(Role::Dialer, config);
    let stream = dialer.open();

    let mut bytes = Bytes::from(vec![1; 1500]);
    assert_eq!(dialer.connection.write(stream, &mut bytes), Ok(1000));
    assert_eq!(bytes.len(), 500, "what was not taken is left");
    let blocked = dialer.connection.write(stream, &mut bytes);
    assert_eq!((blocked, bytes.len()), (Err(WriteError::Blocked), 500));
    assert_eq!(dialer.events(), []);

    dialer.said();
    assert_eq!(dialer.events(), [Event::Writable { stream }]);
    assert_eq!(dialer.connection.write(stream, &mut bytes), Ok(500));
    assert_eq!(dialer.connection.stats().unsent_bytes, 500);
}

#[test]
fn all_writers_share_a_buffer_and_all_are_told_when_there_is_room() {
    let mut config = Config::default();
    config.send_buffer = 1000;
    let mut dialer = Lone::new(Role::Dialer, config);
    let streams = [dialer.open(), dialer.open(), dialer.open()];
    let connection = &mut dialer.connection;
    assert_eq!(connection.write_slice(streams[0], &[1; 1500]), Ok(1000));
    for stream in streams {
        let blocked = connection.write_slice(stream, b"x");
        assert_eq!(blocked, Err(WriteError::Blocked));
    }

    dialer.said();

    let mut events = dialer.events();
    events.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(events, streams.map(|stream| Event::Writable { stream }));
}

#[test]
fn room_that_a_reset_makes_is_given_to_those_who_wait() {
    let mut config = Config::default();
    config.send_buffer = 1000;
    let mut dialer = Lone::new(Role::Dialer, config);
    let (full, starved) = (dialer.open(), dialer.open());
    dialer.connection.write_slice(full, &[1; 1000]).unwrap();
    dialer.connection.write_slice(starved, b"x").unwrap_err();

    dialer
        .hear(update(full.as_u32(), crate::wire::RST, 0))
        .unwrap();

    assert_eq!(
        dialer.events(),
        [
            Event::Readable { stream: full },
            Event::Stopped {
                stream: full,
                code: 0
            },
            Event::Writable { stream: starved }
        ]
    );
}

#[test]
fn nothing_is_taken_beyond_the_peers_credit() {
    let mut dialer = Lone::dialer();
    let stream = dialer.connection.open_stream().unwrap();
    let mut bytes = Bytes::from(vec![1; 1 << 20]);
    dialer.connection.write(stream, &mut bytes).unwrap();
    let headers = dialer.said().len() - WINDOW as usize;
    assert!(
        headers.is_multiple_of(12) && headers < 100,
        "one window was sent"
    );
    let blocked = dialer.connection.write(stream, &mut bytes);
    assert_eq!(blocked, Err(WriteError::Blocked));

    dialer.hear(update(1, ACK, 1000)).unwrap();
    assert_eq!(dialer.events(), [Event::Writable { stream }]);
    assert_eq!(dialer.connection.write(stream, &mut bytes), Ok(1000));
    assert_eq!(dialer.said(), data(1, 0, &[1; 1000]));
}

#[test]
fn a_frame_as_large_as_the_window_is_taken() {
    let mut listener = Lone::listener();

    listener
        .hear(data(1, SYN, &noise(1, WINDOW as usize)))
        .unwrap();

    let stream = listener.accept();
    let mut len = 0;
    let state = listener
        .connection
        .read_with(stream, usize::MAX, |bytes| len += bytes.len());
    assert_eq!((len, state), (WINDOW as usize, Ok(ReadState::Drained)));
    assert_eq!(listener.said(), [ping(0), update(1, ACK, WINDOW)].concat());
}

#[test]
fn commands_on_streams_that_are_not_held_do_nothing() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.abandon(stream, 0);
    dialer.said();
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"not accepted")).unwrap();

    for connection in [&mut dialer.connection, &mut listener.connection] {
        connection.reset(stream, 1);
        connection.stop(stream, 1);
        connection.abandon(stream, 1);
        connection.set_priority(stream, 1);
        assert_eq!(connection.finish(stream), Err(StreamError::NotOpen));
        assert_eq!(connection.read(stream, 1), Err(ReadError::NotOpen));
        let mut bytes = Bytes::from_static(b"x");
        assert_eq!(
            connection.write(stream, &mut bytes),
            Err(WriteError::NotOpen)
        );
        assert_eq!(connection.stream_stats(stream), None);
        assert_eq!(connection.stream_count(), 0);
    }
    assert_eq!((dialer.said(), listener.said()), (vec![], vec![]));
}

#[test]
fn numbers_tell_where_bytes_wait() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.write_slice(stream, &[1; 300]).unwrap();
    dialer.hear(data(1, 0, &[2; 200])).unwrap();

    let stats = dialer.connection.stream_stats(stream).unwrap();
    assert_eq!((stats.unsent_bytes, stats.unread_bytes), (300, 200));
    assert_eq!(stats.send_credit_bytes, WINDOW - 1);
    assert_eq!(stats.receive_window_bytes, WINDOW);
    assert!(!stats.is_write_blocked);
    let stats = dialer.connection.stats();
    assert_eq!((stats.unsent_bytes, stats.unread_bytes), (300, 200));
    assert_eq!(stats.receive_window_bytes, WINDOW.into());
    assert_eq!((stats.sent_bytes, stats.received_bytes), (13, 12 + 212));
    assert_eq!(stats.outbound_streams, 1);
}
