//! The end of a connection, and who wanted it.

use bytes::Bytes;
use sinew_quic_proto::{CloseReason, Event, Fault, ReadError, StreamError, WriteError};

use crate::net::Net;

#[test]
fn carries_the_code_and_says_who_closed() {
    let (mut net, dialer, listener) = Net::connected();
    let reason = Bytes::from_static(b"enough");
    let now = net.now;

    net.connection(0, dialer).close(now, 42, reason.clone());
    net.settle();

    let local = CloseReason::Local {
        code: 42,
        reason: reason.clone(),
    };
    assert_eq!(net.close_reason(0, dialer), Some(&local));
    assert_eq!(local.fault(), Fault::Local);
    let remote = CloseReason::Remote { code: 42, reason };
    assert_eq!(net.close_reason(1, listener), Some(&remote));
    assert_eq!(remote.fault(), Fault::Peer);
}

#[test]
fn reports_the_end_once_and_as_the_last_event() {
    let (mut net, dialer, listener) = Net::connected();
    net.peer(1, listener).open_with(b"never read");
    let now = net.now;

    net.connection(0, dialer).close(now, 0, Bytes::new());
    net.connection(0, dialer).close(now, 1, Bytes::new());
    net.settle();

    for node in [0, 1] {
        let peer = net.only_peer(node);
        let ends = peer
            .events
            .iter()
            .filter(|event| matches!(event, Event::Closed(_)));
        assert_eq!(ends.count(), 1, "{:?}", peer.events);
        assert!(matches!(peer.events.last(), Some(Event::Closed(_))));
    }
}

#[test]
fn answers_everything_with_closed_afterwards() {
    let (mut net, dialer, _) = Net::connected();
    let stream = net.peer(0, dialer).open_with(b"half");
    let now = net.now;

    let connection = net.connection(0, dialer);
    connection.close(now, 0, Bytes::new());

    let mut more = Bytes::from_static(b"more");
    assert_eq!(connection.write(stream, &mut more), Err(WriteError::Closed));
    assert_eq!(more, "more");
    assert_eq!(connection.read(stream, 10), Err(ReadError::Closed));
    assert_eq!(connection.finish(stream), Err(StreamError::Closed));
    assert_eq!(connection.open_stream(), None);
    connection.abandon(stream, 0);
    assert_eq!(connection.stream_count(), 0);
}

#[test]
fn leaves_nothing_behind_once_drained() {
    let (mut net, dialer, _) = Net::connected();
    let now = net.now;

    net.connection(0, dialer).close(now, 0, Bytes::new());
    net.run_for(std::time::Duration::from_secs(5));

    for node in &net.nodes {
        assert_eq!(node.endpoint.connection_count(), 0);
    }
}
