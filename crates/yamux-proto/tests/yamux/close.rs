//! Every way in which a stream or a connection ends.

use std::time::Duration;

use bytes::Bytes;
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_yamux_proto::{
    CloseReason, Config, Error, Event, OpenError, ReadError, ReadState, StreamError, StreamId,
    WriteError,
};

use crate::{
    pair::{Pair, noise},
    wire::{ACK, FIN, Lone, RST, SYN, WINDOW, data, go_away, ping, pong, update},
};

#[test]
fn reads_a_reset_as_a_reset_and_never_as_an_end() {
    let mut pair = Pair::new();
    let stream = pair.open(b"half a mess");

    pair.dialer.connection.abandon(stream, 7);
    pair.run();

    assert!(pair.listener.has(Event::Stopped { stream, code: 7 }));
    let connection = &mut pair.listener.connection;
    for _ in 0..2 {
        assert_eq!(
            connection.read(stream, 100),
            Err(ReadError::Reset { code: 7 })
        );
        assert_eq!(
            connection.write_slice(stream, b"x"),
            Err(WriteError::Stopped { code: 7 })
        );
        assert_eq!(
            connection.finish(stream),
            Err(StreamError::Stopped { code: 7 })
        );
    }
    connection.abandon(stream, 0);
    pair.run();
    pair.assert_empty();
}

#[test]
fn what_was_sent_in_full_before_a_reset_can_still_be_read() {
    let mut pair = Pair::new();
    let stream = pair.open(b"all of it");
    pair.dialer.connection.finish(stream).unwrap();
    pair.run();

    pair.listener.connection.reset(stream, 3);
    pair.run();

    assert_eq!(
        pair.listener.read(stream),
        (b"all of it".to_vec(), Ok(ReadState::Ended))
    );
    assert_eq!(
        pair.dialer.read(stream).1,
        Err(ReadError::Reset { code: 3 })
    );
}

#[test]
fn a_reset_ends_both_halves_for_the_side_that_sends_it() {
    let mut pair = Pair::new();
    let stream = pair.open(b"x");
    pair.listener.write(stream, b"arrived and not read");
    pair.run();

    pair.dialer.connection.reset(stream, 1);

    let connection = &mut pair.dialer.connection;
    assert_eq!(connection.read(stream, 9), Err(ReadError::NotOpen));
    assert_eq!(
        connection.write_slice(stream, b"x"),
        Err(WriteError::NotOpen)
    );
    assert_eq!(connection.finish(stream), Err(StreamError::NotOpen));
    assert_eq!(connection.stats().unread_bytes, 0);
    connection.reset(stream, 2);
    pair.run();
    assert_eq!(
        pair.listener.read(stream).1,
        Err(ReadError::Reset { code: 1 })
    );
}

// [yamux §Closing a stream]
#[test]
fn the_end_has_arrived_when_the_ping_behind_it_is_answered() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    let other = dialer.open();
    dialer.connection.finish(stream).unwrap();
    let end = [data(1, FIN, b""), ping(0)].concat();
    assert_eq!(dialer.said(), end);
    dialer.connection.finish(other).unwrap();
    assert_eq!(dialer.said(), data(3, FIN, b""), "one ping at a time");
    dialer.hear(data(1, FIN, b"not a proof")).unwrap();
    assert_eq!(dialer.events(), [Event::Readable { stream }]);

    dialer.hear(pong(0)).unwrap();
    assert_eq!(dialer.events(), [Event::Finished { stream }]);
    assert!(dialer.connection.wants_transmit());
    assert_eq!(dialer.said(), ping(1));
    assert!(!dialer.connection.wants_transmit());

    dialer.hear(pong(1)).unwrap();
    assert_eq!(dialer.events(), [Event::Finished { stream: other }]);
    assert_eq!(dialer.said(), []);
}

#[test]
fn a_reset_that_crosses_the_end_says_that_it_was_not_wanted() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.finish(stream).unwrap();
    dialer.said();

    dialer.hear(update(1, RST, 9)).unwrap();
    dialer.hear(pong(0)).unwrap();

    let stopped = Event::Stopped { stream, code: 9 };
    assert_eq!(dialer.events(), [Event::Readable { stream }, stopped]);
}

#[test]
fn an_abandoned_stream_that_was_finished_is_delivered() {
    let mut pair = Pair::new();
    let stream = pair.open(b"question, and not the end of it");
    pair.listener.write(stream, &noise(1, 200_000));
    pair.listener.connection.finish(stream).unwrap();
    pair.listener.connection.abandon(stream, 5);

    let mut answer = Vec::new();
    let state = loop {
        let (bytes, state) = pair.dialer.read(stream);
        answer.extend(bytes);
        if !pair.step() {
            break state;
        }
    };

    assert_eq!((answer, state), (noise(1, 200_000), Ok(ReadState::Ended)));
    pair.dialer.connection.finish(stream).unwrap();
    pair.dialer.connection.abandon(stream, 0);
    pair.run();
    pair.assert_empty();
}

#[test]
fn a_writer_that_nobody_reads_is_reset_when_it_would_get_more_credit() {
    let mut pair = Pair::new();
    let stream = pair.open(b".");
    pair.listener.write(stream, b"early answer");
    pair.listener.connection.finish(stream).unwrap();
    pair.listener.connection.abandon(stream, 5);
    pair.run();

    let half = WINDOW as usize / 2;
    pair.dialer.write(stream, &noise(1, half - 2));
    pair.run();
    assert!(!pair.dialer.has(Event::Stopped { stream, code: 5 }));
    pair.dialer.write(stream, b"x");
    pair.run();

    assert!(pair.dialer.has(Event::Stopped { stream, code: 5 }));
    assert_eq!(pair.listener.connection.stats().unread_bytes, 0);
    assert_eq!(
        pair.dialer.read(stream),
        (b"early answer".to_vec(), Ok(ReadState::Ended)),
        "what came before the reset is whole"
    );
    pair.dialer.connection.abandon(stream, 0);
    pair.run();
    pair.assert_empty();
}

#[test]
fn stopping_a_reader_leaves_the_other_half_as_it_is() {
    let mut pair = Pair::new();
    let stream = pair.open(b"unwanted");
    pair.listener.connection.stop(stream, 9);
    assert_eq!(pair.listener.read(stream).1, Err(ReadError::NotOpen));
    pair.dialer.write(stream, &noise(1, WINDOW as usize - 8));
    pair.run();
    let blocked = pair.dialer.connection.write_slice(stream, b"x");
    assert_eq!(blocked, Err(WriteError::Blocked), "no more credit");

    pair.listener.write(stream, b"wanted");
    pair.run();
    assert_eq!(
        pair.dialer.read(stream),
        (b"wanted".to_vec(), Ok(ReadState::Drained))
    );
    pair.listener.connection.finish(stream).unwrap();
    pair.run();

    assert!(pair.listener.has(Event::Finished { stream }));
    assert!(pair.dialer.has(Event::Stopped { stream, code: 9 }));
    assert_eq!(
        pair.dialer.read(stream).1,
        Ok(ReadState::Ended),
        "the end came before the reset"
    );
}

#[test]
fn an_abandoned_stream_whose_peer_stands_still_is_reset_in_the_end() {
    let mut pair = Pair::new();
    let stream = pair.open(b"x");
    pair.listener.connection.finish(stream).unwrap();
    pair.listener.connection.abandon(stream, 5);

    pair.run_for(Duration::from_secs(29));
    pair.dialer.write(stream, b"a sign of life");
    pair.run_for(Duration::from_secs(29));
    assert_eq!(pair.listener.connection.stats().inbound_streams, 1);
    assert!(!pair.dialer.has(Event::Stopped { stream, code: 5 }));

    pair.run_for(Duration::from_secs(40));
    assert_eq!(pair.listener.connection.stats().inbound_streams, 0);
    assert!(pair.dialer.has(Event::Stopped { stream, code: 5 }));
}

#[test]
fn no_timer_waits_for_a_stream_that_is_over() {
    let mut config = Config::default();
    config.keep_alive = None;
    let mut pair = Pair::with(Config::default(), config);
    let stream = pair.open(b"x");
    pair.listener.connection.finish(stream).unwrap();
    pair.listener.connection.abandon(stream, 5);
    let linger = pair.listener.connection.poll_timeout().unwrap();
    assert_eq!(linger.reason, "yamux linger");

    pair.dialer.connection.finish(stream).unwrap();
    pair.run();

    assert_eq!(pair.listener.connection.poll_timeout(), None);
}

#[test]
fn bytes_for_a_stream_that_is_over_are_dropped() {
    let mut dialer = Lone::dialer();
    let stream = dialer.open();
    dialer.connection.abandon(stream, 0);
    dialer.said();

    dialer.hear(data(1, 0, &noise(1, 100_000))).unwrap();
    dialer.hear(update(1, 0, 1000)).unwrap();
    dialer.hear(data(1, FIN, &noise(1, 100_000))).unwrap();
    dialer.hear(update(1, RST, 0)).unwrap();

    assert_eq!((dialer.events(), dialer.said()), (vec![], vec![]));
    assert_eq!(dialer.connection.stats().discarded_bytes, 200_000);
}

#[test]
fn a_reset_for_a_stream_that_never_was_is_harmless() {
    let mut dialer = Lone::dialer();
    let silent = dialer.connection.open_stream().unwrap();

    // Some implementations end a stream of which they have not said a word.
    for id in [1, 2, 3, 4, 99, u32::MAX] {
        dialer.hear(data(id, RST, b"")).unwrap();
        dialer.hear(update(id, RST, 5)).unwrap();
        dialer.hear(data(id, FIN, b"")).unwrap();
        dialer.hear(update(id, FIN, 0)).unwrap();
        dialer.hear(update(id, ACK, 0)).unwrap();
    }

    assert_eq!((dialer.events(), dialer.said()), (vec![], vec![]));
    dialer.connection.write_slice(silent, b"x").unwrap();
    assert_eq!(dialer.said(), data(1, SYN, b"x"));
    assert_eq!(dialer.connection.stats().unacknowledged_streams, 1);
}

#[test]
fn a_stream_that_was_reset_before_it_was_accepted_is_accepted_all_the_same() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"x")).unwrap();
    listener.hear(update(1, RST, 4)).unwrap();

    let stream = listener.accept();
    let read = listener.connection.read(stream, 1);
    assert_eq!(read, Err(ReadError::Reset { code: 4 }));
    listener.connection.abandon(stream, 0);

    assert_eq!(listener.said(), []);
    assert_eq!(listener.connection.stats().inbound_streams, 0);
}

// [yamux §Session termination]
#[test]
fn both_sides_learn_who_closed_the_connection_and_why() {
    let mut pair = Pair::new();
    let stream = pair.open(b"last words");
    pair.dialer.connection.close(0x1006);
    pair.run();

    let code = 0x1006;
    let (local, remote) = (CloseReason::Local { code }, CloseReason::Remote { code });
    assert_eq!(pair.dialer.events.last(), Some(&Event::Closed(local)));
    assert_eq!(pair.listener.events.last(), Some(&Event::Closed(remote)));
    assert_eq!(pair.listener.connection.close_reason(), Some(&remote));

    let connection = &mut pair.listener.connection;
    assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "last words");
    assert_eq!(connection.read(stream, 100), Err(ReadError::Closed));
    let mut bytes = Bytes::from_static(b"x");
    assert_eq!(
        connection.write(stream, &mut bytes),
        Err(WriteError::Closed)
    );
    assert_eq!(connection.finish(stream), Err(StreamError::Closed));
    assert_eq!(connection.open_stream(), Err(OpenError::Closed));
    assert_eq!(connection.poll_timeout(), None);
    connection.close(1);
    assert_eq!(connection.close_reason(), Some(&remote));
    connection.abandon(stream, 0);
    pair.run();
    pair.dialer.connection.abandon(stream, 0);
    pair.assert_empty();
}

#[test]
fn nothing_is_told_after_the_end() {
    let mut config = Config::default();
    config.max_outbound_streams = 1;
    let mut dialer = Lone::new(Role::Dialer, config);
    let stream = dialer.open();
    assert_eq!(dialer.connection.open_stream(), Err(OpenError::Blocked));
    dialer.connection.close(0);
    let closed = Event::Closed(CloseReason::Local { code: 0 });
    assert_eq!(dialer.events(), [closed]);

    dialer.connection.reset(stream, 1);
    dialer.connection.stop(stream, 1);
    dialer.connection.abandon(stream, 1);
    dialer.connection.ping();
    dialer.hear(go_away(0)).unwrap();

    assert_eq!(dialer.events(), []);
    assert_eq!(dialer.said(), go_away(0));
    assert!(!dialer.connection.wants_transmit());
    assert_eq!(dialer.connection.stats().outbound_streams, 0);
}

#[test]
fn streams_that_arrived_before_the_end_can_be_accepted_and_read() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN | FIN, b"late")).unwrap();
    listener.connection.close(0);

    let stream = listener.accept();
    assert_eq!(
        listener.connection.read(stream, 9).unwrap().unwrap(),
        "late"
    );
    assert_eq!(listener.connection.read(stream, 9), Ok(None));
    listener.connection.abandon(stream, 0);
    assert_eq!(listener.connection.stats().inbound_streams, 0);
    assert_eq!(listener.said(), go_away(0));
}

#[test]
fn a_peer_that_hangs_up_between_frames_has_closed_the_connection() {
    let mut listener = Lone::listener();
    listener.hear(data(1, SYN, b"x")).unwrap();

    assert_eq!(listener.connection.handle_eof(listener.now), Ok(()));
    assert_eq!(listener.connection.handle_eof(listener.now), Ok(()));

    let closed = Event::Closed(CloseReason::HungUp);
    assert_eq!(listener.events(), [Event::StreamOpened, closed]);

    let mut polite = Lone::listener();
    polite.hear(go_away(0)).unwrap();
    assert_eq!(polite.connection.handle_eof(polite.now), Ok(()));
    let closed = Event::Closed(CloseReason::Remote { code: 0 });
    assert_eq!(polite.events(), [Event::PeerGoesAway, closed]);
}

#[test]
fn a_connection_that_is_cut_within_a_frame_has_failed() {
    let frame = data(1, SYN, b"xyz");
    for len in 1..frame.len() {
        let mut listener = Lone::listener();
        listener.hear(&frame[..len]).unwrap();

        let cut = listener.connection.handle_eof(listener.now);

        assert_eq!(cut, Err(Error::Truncated));
        let failed = CloseReason::Failed(Error::Truncated);
        assert_eq!(listener.connection.close_reason(), Some(&failed));
        assert!(!listener.events().contains(&Event::Closed(failed)));
        assert_eq!(listener.said(), []);
    }
}

/// Every way in which one side can have left a stream when it abandons it.
#[derive(Clone, Copy, Debug)]
enum Leave {
    Untouched,
    Written,
    Finished,
    Reset,
    Stopped,
    ReadToTheEnd,
}

const LEAVES: [Leave; 6] = [
    Leave::Untouched,
    Leave::Written,
    Leave::Finished,
    Leave::Reset,
    Leave::Stopped,
    Leave::ReadToTheEnd,
];

#[test]
fn nothing_is_left_of_ten_thousand_streams_abandoned_in_every_half_state() {
    let mut pair = Pair::new();
    let mut streams = 0;
    while streams < 10_000 {
        for swap in [false, true] {
            if swap {
                std::mem::swap(&mut pair.dialer, &mut pair.listener);
            }
            for index in 0..8 {
                let Ok(stream) = pair.dialer.connection.open_stream() else {
                    break;
                };
                streams += 1;
                pair.dialer.write(stream, &noise(1, 3000));
                leave(&mut pair.dialer, stream, LEAVES[(streams + index) % 6]);
            }
            pair.run();
            while let Some(stream) = pair.listener.connection.accept_stream() {
                let how = LEAVES[(stream.as_u32() as usize / 7) % 6];
                leave(&mut pair.listener, stream, how);
            }
            pair.run();
        }
        pair.dialer.events.clear();
        pair.listener.events.clear();
    }
    pair.run_for(Duration::from_secs(120));

    pair.assert_empty();
}

fn leave(peer: &mut crate::pair::Peer, stream: StreamId, how: Leave) {
    match how {
        Leave::Untouched => {}
        Leave::Written => {
            let _ = peer.connection.write_slice(stream, &noise(3, 1000));
        }
        Leave::Finished => {
            let _ = peer.connection.finish(stream);
        }
        Leave::Reset => peer.connection.reset(stream, 1),
        Leave::Stopped => peer.connection.stop(stream, 2),
        Leave::ReadToTheEnd => {
            let _ = peer.connection.finish(stream);
            let _ = peer.read(stream);
        }
    }
    peer.connection.abandon(stream, 3);
}
