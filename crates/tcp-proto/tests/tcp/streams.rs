//! Streams over both kinds of records.

use bytes::Bytes;
use sinew_tcp_proto::{Event, OpenError, ReadError, Security, WriteError};

use crate::pair::{Build, connected, dial, host, pair, receive, send};

#[test]
fn each_half_ends_by_itself() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = send(&mut net.dialer.machine, b"request");
        net.run();
        let listener = &mut net.listener.machine;
        assert_eq!(listener.accept_stream(), Some(stream));
        assert_eq!(listener.read(stream, 100).unwrap().unwrap(), "request");
        assert_eq!(listener.read(stream, 100), Ok(None));
        listener.write_slice(stream, b"answer").unwrap();
        listener.finish(stream).unwrap();
        net.run();

        let dialer = &mut net.dialer.machine;
        assert_eq!(dialer.read(stream, 100).unwrap().unwrap(), "answer");
        assert_eq!(dialer.read(stream, 100), Ok(None));
        assert!(net.dialer.events.contains(&Event::Finished { stream }));
        assert!(net.listener.events.contains(&Event::Finished { stream }));
        for side in [&mut net.dialer, &mut net.listener] {
            side.machine.abandon(stream, 0);
            assert_eq!(side.machine.stream_count(), 0);
        }
    }
}

#[test]
fn a_reset_carries_its_code() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = net.dialer.machine.open_stream().unwrap();
        net.dialer.machine.write_slice(stream, b"half a").unwrap();
        net.run();
        assert_eq!(net.listener.machine.accept_stream(), Some(stream));

        net.dialer.machine.abandon(stream, 0x1004);
        net.run();

        let listener = &mut net.listener.machine;
        let code = 0x1004;
        assert_eq!(receive(listener, stream), Err(ReadError::Reset { code }));
        let written = listener.write_slice(stream, b"x");
        assert_eq!(written, Err(WriteError::Stopped { code }));
    }
}

#[test]
fn a_reader_that_stands_still_holds_back_its_writer_and_nobody_else() {
    for security in Security::ALL {
        let mut net = connected(security);
        let slow = net.dialer.machine.open_stream().unwrap();
        let chunk = Bytes::from(vec![7; 64 << 10]);
        let mut written = 0;
        for _ in 0..1000 {
            match net.dialer.machine.write(slow, &mut chunk.clone()) {
                Ok(len) => written += len,
                Err(error) => {
                    assert_eq!(error, WriteError::Blocked);
                    net.run();
                }
            }
        }
        assert_eq!(written, 256 << 10);
        assert_eq!(net.listener.machine.stats().unread_bytes, 256 << 10);
        assert_eq!(net.dialer.machine.stats().unsent_bytes, 0);

        let quick = send(&mut net.dialer.machine, b"quick");
        net.run();
        let listener = &mut net.listener.machine;
        assert_eq!(listener.accept_stream(), Some(slow));
        assert_eq!(listener.accept_stream(), Some(quick));
        assert_eq!(receive(listener, quick).unwrap(), b"quick");

        assert_eq!(receive(listener, slow).unwrap().len(), written);
        net.run();
        let writable = Event::Writable { stream: slow };
        assert!(net.dialer.events.contains(&writable));
    }
}

#[test]
fn much_arrives_as_it_was_sent_in_both_directions_at_once() {
    let data: Vec<u8> = (0_u32..3_000_000).map(|at| (at % 251) as u8).collect();
    for security in Security::ALL {
        let mut net = connected(security);
        let streams = [(); 3].map(|()| net.dialer.machine.open_stream().unwrap());
        for stream in streams {
            net.dialer.machine.write_slice(stream, b"!").unwrap();
        }
        net.run();
        for stream in streams {
            assert_eq!(net.listener.machine.accept_stream(), Some(stream));
        }
        let mut sent = [[0, 1]; 3];
        let mut received = [const { [Vec::new(), Vec::new()] }; 3];
        sent.iter_mut().for_each(|sent| *sent = [0, 0]);
        while received
            .iter()
            .flatten()
            .any(|text| text.len() < data.len())
        {
            for (index, &stream) in streams.iter().enumerate() {
                let sides = [&mut net.dialer.machine, &mut net.listener.machine];
                for (side, machine) in sides.into_iter().enumerate() {
                    let rest = &data[sent[index][side]..];
                    sent[index][side] += machine.write_slice(stream, rest).unwrap_or(0);
                    received[index][side].extend(receive(machine, stream).unwrap_or_default());
                    if side == 1 && received[index][side].first() == Some(&b'!') {
                        received[index][side].remove(0);
                    }
                }
            }
            net.run();
        }
        assert!(received.iter().flatten().all(|text| *text == data));
    }
}

#[test]
fn no_stream_is_opened_before_the_peer_is_known() {
    let mut machine = dial(&Build::new(1).endpoint(), None);
    assert_eq!(machine.open_stream(), Err(OpenError::Blocked));
    assert_eq!(machine.accept_stream(), None);
    assert_eq!(machine.stream_count(), 0);
}

#[test]
fn a_listener_may_write_before_the_muxer_is_negotiated() {
    for security in Security::ALL {
        let dialer = Build::new(1).securities(&[security]).early_muxer(false);
        let mut net = pair(&dialer.endpoint(), &host(2, security));
        net.run();
        let stream = send(&mut net.listener.machine, b"from the listener");
        net.run();
        assert_eq!(net.dialer.machine.accept_stream(), Some(stream));
        let heard = receive(&mut net.dialer.machine, stream);
        assert_eq!(heard.unwrap(), b"from the listener");
    }
}

#[test]
fn pings_measure_the_path_and_numbers_are_kept() {
    for security in Security::ALL {
        let net = connected(security);
        for side in [&net.dialer, &net.listener] {
            let stats = side.machine.stats();
            assert_eq!(stats.sent_bytes, side.sent.len() as u64);
        }
        let (dialer, listener) = (net.dialer.machine.stats(), net.listener.machine.stats());
        assert_eq!(dialer.received_bytes, listener.sent_bytes);
        assert_eq!(dialer.sent_bytes, listener.received_bytes);
        assert!(net.dialer.machine.rtt().is_some());
    }
}
