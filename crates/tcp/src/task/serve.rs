//! From the machine to those who wait on it.

use sinew_driver::Due;
use sinew_sans_io::Machine as _;
use sinew_tcp_proto::Event;
use sinew_transport::StreamCode;

use super::Task;
use crate::{
    close_reason::translate,
    connection::{Shell, State},
};

impl Task {
    /// Takes the machine's events, wakes who waits for them and starts handlers.
    pub(super) fn look(&mut self) {
        let mut state = self.shell.lock();
        while let Some(event) = state.muxer.proto.poll_event() {
            on_event(&self.shell, &mut state, event, &mut self.due);
        }
        // A failure comes without an event.
        if let Some(reason) = state.muxer.proto.close_reason() {
            let reason = translate(reason);
            state.on_closed(reason);
        }
        self.shell.settle(state, &mut self.due);
        self.due.run(&mut self.handlers);
    }
}

fn on_event(shell: &Shell, state: &mut State, event: Event, due: &mut Due) {
    match event {
        Event::Connected { peer } => shell.on_connected(state, peer, due),
        Event::HandshakeConfirmed => state.on_confirmed(due),
        Event::StreamOpened => state.on_stream_opened(due),
        Event::StreamsAvailable => state.on_streams_available(due),
        Event::Readable { stream } => state.on_readable(stream, due),
        Event::Writable { stream } => state.on_writable(stream, due),
        Event::Finished { stream } => state.on_finished(stream, due),
        Event::Stopped { stream, code } => {
            state.on_stopped(stream, StreamCode::new(code), due);
        }
        Event::PeerGoesAway => {
            state.muxer.peer_goes_away = true;
            state.on_streams_refused(due);
        }
        Event::Closed(reason) => state.on_closed(translate(&reason)),
        _ => {}
    }
}
