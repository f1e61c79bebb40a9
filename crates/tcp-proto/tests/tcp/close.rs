//! The end of a connection, in order and otherwise.

use sinew_sans_io::{Machine as _, StreamMachine as _};
use sinew_tcp_proto::{
    CloseReason, Error, Event, OpenError, Phase, ReadError, Security, StreamError, WriteError,
};
use sinew_testkit::epoch;

use crate::pair::{connected, dial, host, receive, send};

#[test]
fn a_code_tells_the_peer_why_and_streams_end_with_the_connection() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = net.dialer.machine.open_stream().unwrap();
        net.dialer.machine.write_slice(stream, b"half a").unwrap();
        net.run();
        assert_eq!(net.listener.machine.accept_stream(), Some(stream));

        net.dialer.machine.close(0x1006);
        net.run();

        let (local, remote) = (
            CloseReason::Local { code: 0x1006 },
            CloseReason::Remote { code: 0x1006 },
        );
        assert_eq!(net.dialer.events, [Event::Closed(local)]);
        assert_eq!(
            net.listener.events,
            [Event::StreamOpened, Event::Closed(remote)]
        );
        for machine in [&mut net.dialer.machine, &mut net.listener.machine] {
            assert!(machine.is_drained());
            assert_eq!(machine.open_stream(), Err(OpenError::Closed));
            assert_eq!(machine.write_slice(stream, b"x"), Err(WriteError::Closed));
            assert_eq!(machine.finish(stream), Err(StreamError::Closed));
            assert_eq!(machine.poll_timeout(), None);
        }
        let listener = &mut net.listener.machine;
        assert_eq!(receive(listener, stream).unwrap(), b"half a");
        assert_eq!(receive(listener, stream), Err(ReadError::Closed));
    }
}

#[test]
fn an_orderly_end_is_known_from_a_hang_up() {
    for security in Security::ALL {
        let mut net = connected(security);
        net.dialer.machine.close(0);
        net.run();
        net.end();
        assert_eq!(
            net.listener.machine.close_reason(),
            Some(&CloseReason::Remote { code: 0 })
        );

        let mut net = connected(security);
        net.end();
        for side in [&net.dialer, &net.listener] {
            assert_eq!(side.error, None);
            assert_eq!(side.events, [Event::Closed(CloseReason::HungUp)]);
        }
    }
}

#[test]
fn a_connection_that_is_cut_within_a_record_is_truncated() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = send(&mut net.dialer.machine, b"a letter");
        let mut out = Vec::new();
        while net
            .dialer
            .machine
            .poll_transmit(net.now, &mut out)
            .is_some()
        {}

        net.listener.deliver(net.now, &out[..out.len() - 1]);
        net.listener.end(net.now);

        let phase = Phase::Open;
        assert_eq!(net.listener.error, Some(Error::Truncated { phase }));
        assert_eq!(net.listener.machine.accept_stream(), None, "{stream}");
    }
}

#[test]
fn a_connection_that_ends_without_a_word_while_a_stream_is_open_was_cut() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = net.dialer.machine.open_stream().unwrap();
        net.dialer.machine.write_slice(stream, b"half a").unwrap();
        net.run();

        net.end();

        let phase = Phase::Open;
        for side in [&net.dialer, &net.listener] {
            assert_eq!(side.error, Some(Error::Truncated { phase }));
        }
    }
}

#[test]
fn a_stream_that_the_end_of_the_connection_cuts_short_does_not_end_well() {
    for security in Security::ALL {
        let mut net = connected(security);
        let stream = net.dialer.machine.open_stream().unwrap();
        net.dialer.machine.write_slice(stream, b"half a").unwrap();
        net.run();
        assert_eq!(net.listener.machine.accept_stream(), Some(stream));

        net.end();

        let listener = &mut net.listener.machine;
        assert_eq!(receive(listener, stream).unwrap(), b"half a");
        assert_eq!(receive(listener, stream), Err(ReadError::Closed));
    }
}

#[test]
fn closing_before_anybody_is_known_is_silent_and_final() {
    for security in Security::ALL {
        let mut machine = dial(&host(1, security), None);
        let mut out = Vec::new();
        while machine.poll_transmit(epoch(), &mut out).is_some() {}
        out.clear();
        assert!(machine.is_handshaking());

        machine.close(7);
        machine.close(8);

        assert_eq!(machine.phase(), Phase::Negotiation);
        assert_eq!(
            machine.poll_event(),
            Some(Event::Closed(CloseReason::Local { code: 7 }))
        );
        assert_eq!(machine.poll_event(), None);
        assert_eq!(machine.poll_transmit(epoch(), &mut out), None);
        assert_eq!(machine.handle_eof(epoch()), Ok(()));
        assert!(machine.is_drained());
    }
}
