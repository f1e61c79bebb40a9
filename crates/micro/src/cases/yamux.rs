//! Yamux: many streams at once.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sinew_sans_io::{Machine as _, Role, StreamMachine as _};
use sinew_testkit::epoch;
use sinew_yamux_proto::{Config, Connection};

use super::Work;

pub(super) fn echo() -> Work {
    let config = Arc::new(Config::default());
    let side = |role| Connection::new(epoch(), role, Arc::clone(&config)).expect("the defaults");
    let (mut dialer, mut listener) = (side(Role::Dialer), side(Role::Listener));
    let mut wire = Vec::new();
    Box::new(move || {
        let streams: Vec<_> = (0..STREAMS)
            .map(|_| {
                let stream = dialer.open_stream().expect("there is room");
                let mut request = Bytes::from_static(&[0x5a; 1024]);
                dialer.write(stream, &mut request).expect("it is open");
                dialer.finish(stream).expect("it is open");
                stream
            })
            .collect();
        carry(&mut dialer, &mut listener, &mut wire);
        while let Some(stream) = listener.accept_stream() {
            while let Ok(Some(mut chunk)) = listener.read(stream, 1024) {
                listener.write(stream, &mut chunk).expect("it is open");
            }
            listener.finish(stream).expect("it is open");
            listener.abandon(stream, 0);
        }
        carry(&mut listener, &mut dialer, &mut wire);
        for stream in streams {
            let mut came = 0;
            while let Ok(Some(chunk)) = dialer.read(stream, 1024) {
                came += chunk.len();
            }
            assert_eq!(came, 1024, "the answer is not whole");
            dialer.abandon(stream, 0);
        }
        carry(&mut dialer, &mut listener, &mut wire);
        carry(&mut listener, &mut dialer, &mut wire);
    })
}

fn carry(from: &mut Connection, to: &mut Connection, wire: &mut Vec<u8>) {
    while from.poll_transmit(epoch(), wire).is_some() {}
    while from.poll_event().is_some() {}
    let mut input = BytesMut::from(wire.as_slice());
    wire.clear();
    to.handle_input(epoch(), &mut input).expect("it is right");
    while to.poll_event().is_some() {}
}

const STREAMS: usize = 64;
