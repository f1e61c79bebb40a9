//! Streams, from opening to the last acknowledgement.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use sinew_quic_proto::{
    Config, ConnectionHandle, Event, ReadError, ReadState, StreamError, StreamId, WriteError,
};
use sinew_sans_io::BufferBudget;

use crate::net::{Build, Net, noise};

#[test]
fn carries_bytes_both_ways_and_ends_each_way_by_itself() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"question");
    net.connection(0, dialer).finish(stream).unwrap();
    net.settle();

    let accepted = net.connection(1, listener).accept_stream().unwrap();
    assert_eq!(accepted, stream);
    assert_eq!(
        read_all(&mut net, 1, listener, stream),
        (b"question".to_vec(), Ok(()))
    );
    net.peer(1, listener).write_all(stream, b"answer");
    net.connection(1, listener).finish(stream).unwrap();
    net.settle();

    assert_eq!(
        read_all(&mut net, 0, dialer, stream),
        (b"answer".to_vec(), Ok(()))
    );
    assert!(net.peer(0, dialer).has(&Event::Finished { stream }));
    assert!(net.peer(1, listener).has(&Event::Finished { stream }));
    assert!(net.peer(1, listener).has(&Event::StreamOpened));
}

#[test]
fn moves_a_megabyte_through_a_bad_network() {
    for seed in 0..20 {
        let net = Net::of(2);
        let (mut net, dialer, listener) = Net::connect(net);
        net.reseed(seed);
        net.link.loss = 20;
        net.link.duplication = 20;
        net.link.jitter = net.link.delay;
        let sent = noise(seed, 1 << 20);

        let stream = net.connection(0, dialer).open_stream().unwrap();
        let mut left = Bytes::from(sent.clone());
        let mut received = Vec::new();
        let mut accepted = false;
        net.run_until(|net| {
            if !left.is_empty() {
                match net.connection(0, dialer).write(stream, &mut left) {
                    Ok(_) | Err(WriteError::Blocked) => {}
                    Err(error) => panic!("seed {seed}: {error}"),
                }
                if left.is_empty() {
                    net.connection(0, dialer).finish(stream).unwrap();
                }
            }
            let connection = net.connection(1, listener);
            accepted = accepted || connection.accept_stream().is_some();
            accepted
                && matches!(
                    connection.read_with(stream, usize::MAX, |bytes| received.extend(bytes)),
                    Ok(ReadState::Ended)
                )
        });

        assert_eq!(received, sent, "seed {seed}");
    }
}

#[test]
fn reads_a_reset_as_a_reset_and_never_as_an_end() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"half a mess");
    net.settle();
    let accepted = net.connection(1, listener).accept_stream().unwrap();

    net.connection(0, dialer).abandon(stream, 7);
    net.settle();

    let connection = net.connection(1, listener);
    for _ in 0..2 {
        assert_eq!(
            connection.read(accepted, 100),
            Err(ReadError::Reset { code: 7 })
        );
    }
}

#[test]
fn tells_the_writer_that_it_was_stopped() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"unwanted");
    net.settle();
    let _ = net.connection(1, listener).accept_stream().unwrap();

    net.connection(1, listener).stop(stream, 9);
    net.settle();

    assert!(net.peer(0, dialer).has(&Event::Stopped { stream, code: 9 }));
    let connection = net.connection(0, dialer);
    let mut more = Bytes::from_static(b"more");
    assert_eq!(
        connection.write(stream, &mut more),
        Err(WriteError::Stopped { code: 9 })
    );
    assert_eq!(
        connection.finish(stream),
        Err(StreamError::Stopped { code: 9 })
    );
}

#[test]
fn blocks_a_writer_until_the_reader_reads() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.connection(0, dialer).open_stream().unwrap();
    let mut written = 0;
    let mut chunk = Bytes::from(noise(1, 64 << 10));
    loop {
        match net.connection(0, dialer).write(stream, &mut chunk) {
            Ok(bytes) => written += bytes,
            Err(error) => {
                assert_eq!(error, WriteError::Blocked);
                net.settle();
                let more = net.connection(0, dialer).write(stream, &mut chunk);
                match more {
                    Ok(bytes) => written += bytes,
                    Err(_) => break,
                }
            }
        }
        if chunk.is_empty() {
            chunk = Bytes::from(noise(1, 64 << 10));
        }
    }
    let window = Config::default().stream_receive_window as usize;
    assert_eq!(written, window, "one stream window");

    net.events(0, dialer);
    let _ = net.connection(1, listener).accept_stream().unwrap();
    let (read, end) = read_all(&mut net, 1, listener, stream);
    net.settle();

    assert_eq!((read.len(), end), (written, Err(ReadError::Blocked)));
    assert!(net.peer(0, dialer).has(&Event::Writable { stream }));
}

#[test]
fn writers_for_whom_there_is_not_enough_room_take_turns() {
    let small = |seed| {
        Build::with_config(seed, |config| {
            config.send_window = 64 << 10;
            config.max_send_window = 64 << 10;
        })
    };
    let (mut net, dialer, listener) = Net::connect(Net::build([1, 2].map(small)));
    let mut waiting: Vec<_> = (0..5)
        .map(|_| net.connection(0, dialer).open_stream().unwrap())
        .collect();
    let mut written = BTreeMap::new();

    for _ in 0..1000 {
        for stream in waiting.drain(..) {
            // Each of them takes as much as it gets.
            let mut data = Bytes::from(vec![7; 1 << 20]);
            let len = net.connection(0, dialer).write(stream, &mut data);
            *written.entry(stream).or_insert(0) += len.unwrap_or(0);
            if len.is_ok() {
                let more = net.connection(0, dialer).write(stream, &mut data);
                assert_eq!(more, Err(WriteError::Blocked));
            }
        }
        net.run_for(Duration::from_millis(1));
        for event in net.events(0, dialer) {
            if let Event::Writable { stream } = event {
                waiting.push(stream);
            }
        }
        let connection = net.connection(1, listener);
        while connection.accept_stream().is_some() {}
        for stream in written.keys() {
            while let Ok(Some(_)) = connection.read(*stream, usize::MAX) {}
        }
    }

    let least = written.values().min().unwrap();
    let most = written.values().max().unwrap();
    assert!(2 * least > *most, "{written:?}");
}

#[test]
fn reads_what_arrived_before_the_connection_ended() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"last words");
    net.settle();
    let now = net.now;
    net.connection(0, dialer).close(now, 0, Bytes::new());
    net.run_for(2 * net.link.delay);

    let connection = net.connection(1, listener);
    assert!(connection.is_closed());
    let accepted = connection.accept_stream().unwrap();
    assert_eq!(accepted, stream);
    assert_eq!(connection.read(stream, 100).unwrap().unwrap(), "last words");
    assert_eq!(connection.read(stream, 100), Err(ReadError::Closed));
}

#[test]
fn reads_no_more_than_was_asked_for() {
    let (mut net, dialer, listener) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"abcdef");
    net.connection(0, dialer).finish(stream).unwrap();
    net.settle();
    let connection = net.connection(1, listener);
    let _ = connection.accept_stream().unwrap();

    assert_eq!(connection.read(stream, 4).unwrap().unwrap(), "abcd");
    let mut rest = Vec::new();
    let state = connection.read_with(stream, 2, |bytes| rest.extend(bytes));
    assert_eq!((state, &rest[..]), (Ok(ReadState::More), &b"ef"[..]));
    assert_eq!(connection.read(stream, 4), Ok(None));
    assert_eq!(connection.read(stream, 4), Ok(None), "an end stays an end");
}

#[test]
fn lets_the_peer_open_more_streams_once_it_uses_what_it_has() {
    let (mut net, dialer, listener) = Net::connected();
    let mut opened = 0;
    for _ in 0..4 {
        while let Some(stream) = net.connection(0, dialer).open_stream() {
            net.peer(0, dialer).write_all(stream, b"x");
            opened += 1;
        }
        net.settle();
    }
    while net.connection(1, listener).accept_stream().is_some() {}

    assert_eq!(opened, 256);
    assert!(net.peer(0, dialer).has(&Event::StreamsAvailable));
    assert_eq!(net.connection(1, listener).stream_count(), 256);
}

#[test]
fn sends_first_what_is_more_urgent() {
    let (mut net, dialer, listener) = Net::connected();
    let mut open = |priority| {
        let stream = net.connection(0, dialer).open_stream().unwrap();
        net.connection(0, dialer).set_priority(stream, priority);
        net.peer(0, dialer).write_all(stream, &[7; 50_000]);
        stream
    };
    let bulk = [open(0), open(0), open(0)];
    let (late, urgent) = (open(-1), open(1));

    // Everything arrives in flights of many packets, so what came before a flight says most.
    let mut read = BTreeMap::new();
    let mut before_urgent = None;
    net.run_until(|net| {
        let connection = net.connection(1, listener);
        while connection.accept_stream().is_some() {}
        for stream in [urgent, bulk[0], bulk[1], bulk[2], late] {
            let read = read.entry(stream).or_insert(0);
            let _ = connection.read_with(stream, usize::MAX, |bytes| *read += bytes.len());
        }
        let of_bulk = bulk.map(|stream| read[&stream]);
        if read[&urgent] == 50_000 {
            before_urgent.get_or_insert(of_bulk.iter().sum::<usize>());
        }
        assert!(
            read[&late] == 0 || of_bulk == [50_000; 3],
            "{of_bulk:?} and {} of the least urgent",
            read[&late]
        );
        read[&late] == 50_000
    });

    let before_urgent = before_urgent.unwrap();
    assert!(before_urgent < 75_000, "{before_urgent} bytes went before");
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
fn gets_credit_back_for_ten_thousand_streams_abandoned_in_every_half_state() {
    let (mut net, dialer, listener) = Net::connected();
    let sides = [(0, dialer), (1, listener)];
    let mut streams = 0;
    let mut seen = BTreeSet::new();

    for round in 0_usize.. {
        if streams >= 10_000 {
            break;
        }
        assert!(round < 10_000, "only {streams} streams could be opened");
        let (opener, acceptor) = (sides[round % 2], sides[(round + 1) % 2]);
        let mut of_acceptor = BTreeMap::new();
        for _ in 0..8 {
            let Some(stream) = net.connection(opener.0, opener.1).open_stream() else {
                break;
            };
            let (ours, theirs) = (streams % 6, streams / 6 % 6);
            streams += 1;
            seen.insert((opener.0, ours, theirs));
            of_acceptor.insert(stream, LEAVES[theirs]);
            // Something has to be said, or the other side never hears of the stream.
            net.peer(opener.0, opener.1)
                .write_all(stream, &noise(1, 3000));
            leave(&mut net, opener, stream, LEAVES[ours]);
        }
        net.run_for(net.link.delay * 3);
        while let Some(stream) = net.connection(acceptor.0, acceptor.1).accept_stream() {
            leave(&mut net, acceptor, stream, of_acceptor[&stream]);
        }
        net.run_for(net.link.delay * 3);
    }
    net.settle();
    assert_eq!(seen.len(), 2 * 6 * 6, "every pair, opened by either side");

    for (node, handle) in sides {
        assert_eq!(net.connection(node, handle).stream_count(), 0);
        let mut available = 0;
        while let Some(stream) = net.connection(node, handle).open_stream() {
            net.connection(node, handle).abandon(stream, 0);
            available += 1;
        }
        assert!(available >= 12, "only {available} streams are left");
    }
    // The connection's own credit is back as well, but for what is not worth a frame.
    net.settle();
    let stream = net.connection(0, dialer).open_stream().unwrap();
    let len = usize::try_from(BufferBudget::BASE / 8 * 7).unwrap();
    let mut window = Bytes::from(noise(2, len));
    net.connection(0, dialer)
        .write(stream, &mut window)
        .unwrap();
    assert!(window.is_empty());
}

fn leave(net: &mut Net, side: (usize, ConnectionHandle), stream: StreamId, how: Leave) {
    let (node, handle) = side;
    match how {
        Leave::Untouched => {}
        Leave::Written => {
            let mut data = Bytes::from(noise(3, 1000));
            let _ = net.connection(node, handle).write(stream, &mut data);
        }
        Leave::Finished => {
            let _ = net.connection(node, handle).finish(stream);
        }
        Leave::Reset => net.connection(node, handle).reset(stream, 1),
        Leave::Stopped => net.connection(node, handle).stop(stream, 2),
        Leave::ReadToTheEnd => {
            let _ = net.connection(node, handle).finish(stream);
            let _ = read_all(net, node, handle, stream);
        }
    }
    net.connection(node, handle).abandon(stream, 3);
}

#[test]
fn delivers_an_answer_that_was_finished_before_it_was_abandoned() {
    for seed in 0..20 {
        let (mut net, dialer, listener) = Net::connected();
        net.reseed(seed);
        net.link.loss = 200;
        let stream = net
            .peer(0, dialer)
            .open_with(b"question, and not the end of it");
        net.run_until(|net| net.connection(1, listener).accept_stream().is_some());

        net.peer(1, listener).write_all(stream, b"answer");
        net.connection(1, listener).finish(stream).unwrap();
        net.connection(1, listener).abandon(stream, 5);

        let mut answer = Vec::new();
        net.run_until(|net| {
            let state = net
                .connection(0, dialer)
                .read_with(stream, usize::MAX, |bytes| answer.extend(bytes));
            matches!(state, Ok(ReadState::Ended))
        });
        assert_eq!(answer, b"answer", "seed {seed}");
        // The request to stop comes only after the answer is there.
        net.run_until(|net| net.peer(0, dialer).has(&Event::Stopped { stream, code: 5 }));
        assert_eq!(net.connection(1, listener).stream_count(), 0);
    }
}

// [RFC 9000 §3.5]
#[test]
fn gets_credit_back_for_finished_streams_that_the_peer_does_not_read() {
    let (mut net, dialer, listener) = Net::connected();

    for round in 0..20 {
        let stream = net.connection(0, dialer).open_stream().unwrap();
        let mut data = Bytes::from(noise(1, 2 << 20));
        net.connection(0, dialer).write(stream, &mut data).unwrap();
        let holds_on = round % 2 == 0;
        net.connection(0, dialer).finish(stream).unwrap();
        if !holds_on {
            net.connection(0, dialer).abandon(stream, 1);
        }
        net.run_for(net.link.delay * 3);

        let accepted = net.connection(1, listener).accept_stream().unwrap();
        net.connection(1, listener).abandon(accepted, 2);
        net.run_for(net.link.delay * 10);
        if holds_on {
            net.connection(0, dialer).abandon(stream, 1);
            net.run_for(net.link.delay * 10);
        }
    }
    net.settle();

    assert_eq!(net.connection(0, dialer).stream_count(), 0);
    assert_eq!(net.connection(1, listener).stream_count(), 0);
    let mut available = 0;
    while net.connection(0, dialer).open_stream().is_some() {
        available += 1;
    }
    assert!(available >= 12, "only {available} streams are left");
}

fn read_all(
    net: &mut Net,
    node: usize,
    handle: ConnectionHandle,
    stream: StreamId,
) -> (Vec<u8>, Result<(), ReadError>) {
    let mut read = Vec::new();
    loop {
        match net.connection(node, handle).read(stream, usize::MAX) {
            Ok(Some(bytes)) => read.extend(bytes),
            Ok(None) => return (read, Ok(())),
            Err(error) => return (read, Err(error)),
        }
    }
}
