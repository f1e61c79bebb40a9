//! Conversations with an implementation that is not ours.

use sinew_yamux_proto::{CloseReason, Event, ReadError, ReadState, StreamId, WriteError};

use crate::{
    foreign_peer::{Foreign, close, read, write},
    pair::noise,
};

/// Sends `sent` on our stream and reads what comes back until its end, while they do `theirs` in between.
fn exchange(
    foreign: &mut Foreign,
    stream: StreamId,
    sent: &[u8],
    mut theirs: impl FnMut(&mut Foreign),
) -> Vec<u8> {
    let mut received = Vec::new();
    let mut written = 0;
    let mut is_finished = false;
    for _ in 0..100_000 {
        let connection = &mut foreign.ours.connection;
        while written < sent.len() {
            match connection.write_slice(stream, &sent[written..]) {
                Ok(len) => written += len,
                Err(error) => {
                    assert_eq!(error, WriteError::Blocked);
                    break;
                }
            }
        }
        if written == sent.len() && !std::mem::replace(&mut is_finished, true) {
            connection.finish(stream).unwrap();
        }
        match connection.read_with(stream, usize::MAX, |bytes| received.extend(bytes)) {
            Ok(ReadState::Ended) => return received,
            Ok(_) | Err(ReadError::Blocked) => {}
            Err(error) => panic!("{error}"),
        }
        foreign.step();
        theirs(foreign);
    }
    panic!("no end after {} of {} bytes", received.len(), sent.len());
}

/// A stream of theirs that sends back what it reads.
struct Echo {
    stream: yamux::Stream,
    unsent: Vec<u8>,
    is_read: bool,
    is_closed: bool,
}

impl Echo {
    fn new(stream: yamux::Stream) -> Self {
        Self {
            stream,
            unsent: Vec::new(),
            is_read: false,
            is_closed: false,
        }
    }

    fn work(&mut self) {
        if self.unsent.is_empty()
            && !self.is_read
            && let Some(read) = read(&mut self.stream)
        {
            self.unsent = read.unwrap();
            self.is_read = self.unsent.is_empty();
        }
        while !self.unsent.is_empty()
            && let Some(written) = write(&mut self.stream, &self.unsent)
        {
            self.unsent.drain(..written.unwrap());
        }
        if self.is_read && self.unsent.is_empty() && !self.is_closed {
            self.is_closed = close(&mut self.stream);
        }
    }
}

#[test]
fn they_echo_what_we_send_whoever_dialed() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        let stream = foreign.ours.connection.open_stream().unwrap();
        let sent = noise(1, 5 << 20);
        let mut echo = None;

        let received = exchange(&mut foreign, stream, &sent, |foreign| {
            if let Some(stream) = foreign.accepted.pop_front() {
                echo = Some(Echo::new(stream));
            }
            if let Some(echo) = &mut echo {
                echo.work();
            }
        });

        assert!(received == sent);
        foreign.run();
        assert!(foreign.events.contains(&Event::Finished { stream }));
        assert!(foreign.ours.connection.rtt().is_some());
        drop(echo);
        foreign.ours.connection.abandon(stream, 0);
        foreign.run();
        assert_eq!(foreign.ours.connection.stats().outbound_streams, 0);
        assert!(foreign.over.is_none());
    }
}

#[test]
fn we_echo_what_they_send_whoever_dialed() {
    for mut foreign in [Foreign::listener(), Foreign::dialer()] {
        let mut theirs = foreign.open_theirs();
        let sent = noise(2, 5 << 20);
        let (mut written, mut received, mut unsent) = (0, Vec::new(), Vec::new());
        let (mut ours, mut is_closed) = (None, false);

        for _ in 0..100_000 {
            while written < sent.len()
                && let Some(len) = write(&mut theirs, &sent[written..])
            {
                written += len.unwrap();
            }
            is_closed = is_closed || (written == sent.len() && close(&mut theirs));
            foreign.step();
            ours = ours.or_else(|| foreign.ours.connection.accept_stream());
            if let Some(stream) = ours {
                let connection = &mut foreign.ours.connection;
                let state = connection.read_with(stream, 300_000, |bytes| unsent.extend(bytes));
                while !unsent.is_empty()
                    && let Ok(len) = connection.write_slice(stream, &unsent)
                {
                    unsent.drain(..len);
                }
                if state == Ok(ReadState::Ended) && unsent.is_empty() {
                    let _ = connection.finish(stream);
                }
            }
            match read(&mut theirs) {
                Some(Ok(bytes)) if bytes.is_empty() => break,
                Some(bytes) => received.extend(bytes.unwrap()),
                None => {}
            }
        }

        assert!(
            received == sent,
            "{} of {} bytes",
            received.len(),
            sent.len()
        );
        foreign.ours.connection.abandon(ours.unwrap(), 0);
        drop(theirs);
        foreign.run();
        assert_eq!(foreign.ours.connection.stats().inbound_streams, 0);
        assert!(foreign.over.is_none());
    }
}

#[test]
fn hundreds_of_small_streams_go_both_ways_at_once() {
    let mut foreign = Foreign::listener();
    let ours: Vec<_> = (0..200)
        .map(|_| {
            let stream = foreign.ours.connection.open_stream().unwrap();
            foreign
                .ours
                .connection
                .write_slice(stream, b"ping")
                .unwrap();
            foreign.ours.connection.finish(stream).unwrap();
            stream
        })
        .collect();
    let mut theirs: Vec<_> = (0..200).map(|_| foreign.open_theirs()).collect();
    for stream in &mut theirs {
        assert_eq!(write(stream, b"PING").unwrap().unwrap(), 4);
        assert!(close(stream));
    }
    foreign.run();

    while let Some(stream) = foreign.ours.connection.accept_stream() {
        let connection = &mut foreign.ours.connection;
        assert_eq!(connection.read(stream, 9).unwrap().unwrap(), "PING");
        assert_eq!(connection.read(stream, 9), Ok(None));
        connection.write_slice(stream, b"PONG").unwrap();
        connection.finish(stream).unwrap();
        connection.abandon(stream, 0);
    }
    for mut stream in foreign.accepted.split_off(0) {
        assert_eq!(read(&mut stream).unwrap().unwrap(), b"ping");
        write(&mut stream, b"pong").unwrap().unwrap();
        assert!(close(&mut stream));
    }
    foreign.run();

    for stream in ours {
        let connection = &mut foreign.ours.connection;
        assert_eq!(connection.read(stream, 9).unwrap().unwrap(), "pong");
        assert_eq!(connection.read(stream, 9), Ok(None));
        connection.abandon(stream, 0);
    }
    for stream in &mut theirs {
        assert_eq!(read(stream).unwrap().unwrap(), b"PONG");
        assert_eq!(read(stream).unwrap().unwrap(), b"");
    }
    foreign.run();
    let stats = foreign.ours.connection.stats();
    assert_eq!((stats.inbound_streams, stats.outbound_streams), (0, 0));
    assert_eq!(foreign.accepted.len(), 0);
}

#[test]
fn a_stream_that_they_drop_is_reset_for_us() {
    let mut foreign = Foreign::listener();
    let stream = foreign.ours.connection.open_stream().unwrap();
    foreign.ours.connection.write_slice(stream, b"x").unwrap();
    foreign.run();

    drop(foreign.accepted.pop_front().unwrap());
    foreign.run();

    assert!(foreign.events.contains(&Event::Stopped { stream, code: 0 }));
    let read = foreign.ours.connection.read(stream, 9);
    assert_eq!(read, Err(ReadError::Reset { code: 0 }));
}

#[test]
fn a_stream_that_we_drop_takes_no_more_for_them() {
    let mut foreign = Foreign::dialer();
    let mut theirs = foreign.open_theirs();
    write(&mut theirs, b"x").unwrap().unwrap();
    foreign.run();
    let stream = foreign.ours.accept();

    foreign.ours.connection.abandon(stream, 0x1003);
    foreign.run();

    assert!(write(&mut theirs, b"y").unwrap().is_err());
    assert!(foreign.over.is_none(), "only the stream is over");
}

#[test]
fn an_answer_that_comes_before_the_request_is_read_reaches_them() {
    let mut foreign = Foreign::dialer();
    let mut theirs = foreign.open_theirs();
    write(&mut theirs, &[1; 10_000]).unwrap().unwrap();
    foreign.run();
    let stream = foreign.ours.accept();
    foreign.ours.connection.write_slice(stream, b"no").unwrap();
    foreign.ours.connection.finish(stream).unwrap();
    foreign.ours.connection.abandon(stream, 5);
    foreign.run();

    // They go on sending what nobody reads, until they are told.
    let mut written = 10_000;
    while let Some(Ok(len)) = write(&mut theirs, &[1; 10_000]) {
        written += len;
        foreign.run();
    }

    assert!(written <= 256 << 10);
    assert!(written >= 128 << 10, "{written}");
    assert_eq!(read(&mut theirs).unwrap().unwrap(), b"no");
    assert_eq!(foreign.ours.connection.stats().inbound_streams, 0);
}

#[test]
fn streams_that_they_drop_before_a_word_do_no_harm() {
    let mut foreign = Foreign::dialer();
    for round in 0..100 {
        let mut theirs = foreign.open_theirs();
        if round % 2 == 0 {
            close(&mut theirs);
        }
        drop(theirs);
        foreign.run();
    }

    assert!(!foreign.ours.connection.is_closed());
    assert_eq!(foreign.ours.connection.stats().inbound_streams, 0);
    let mut theirs = foreign.open_theirs();
    write(&mut theirs, b"a word").unwrap().unwrap();
    foreign.run();
    foreign.ours.accept();
}

#[test]
fn both_sides_understand_the_other_ones_farewell() {
    let mut foreign = Foreign::listener();
    foreign.ours.connection.close(CloseReason::NORMAL);
    foreign.hang_up();
    assert!(matches!(foreign.over, Some(Ok(()))), "{:?}", foreign.over);

    let mut foreign = Foreign::listener();
    foreign.close_theirs();
    let reason = CloseReason::Remote { code: 0 };
    assert_eq!(foreign.ours.connection.close_reason(), Some(&reason));
}
