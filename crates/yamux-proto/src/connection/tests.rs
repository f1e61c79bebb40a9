//! What takes too long to reach from outside.

use super::*;
use crate::OpenError;
use sinew_testkit::epoch;

fn connection(role: Role) -> Connection {
    Connection::new(epoch(), role, Arc::default()).unwrap()
}

#[test]
fn the_last_id_is_given_out_once() {
    for (role, last) in [(Role::Dialer, u32::MAX), (Role::Listener, u32::MAX - 1)] {
        let mut connection = connection(role);
        connection.table.skip_to(StreamId::new(last - 2));

        for id in [last - 2, last] {
            assert_eq!(connection.open_stream().map(StreamId::as_u32), Ok(id));
        }
        assert_eq!(connection.open_stream(), Err(OpenError::Exhausted));
        assert_eq!(connection.open_stream(), Err(OpenError::Exhausted));
    }
}

#[test]
fn a_connection_keeps_no_memory_for_streams_that_are_over() {
    let mut connection = connection(Role::Dialer);
    let streams: Vec<_> = std::iter::from_fn(|| connection.open_stream().ok()).collect();
    assert_eq!(streams.len(), 256);

    for stream in streams {
        connection.abandon(stream, 0);
    }
    assert_eq!(connection.poll_transmit(epoch(), &mut Vec::new()), None);

    assert_eq!(connection.table.capacity(), 0);
}

#[test]
fn a_stream_is_small() {
    assert!(size_of::<Stream>() <= 400, "{}", size_of::<Stream>());
    assert!(
        size_of::<Connection>() <= 1024,
        "{}",
        size_of::<Connection>()
    );
}
