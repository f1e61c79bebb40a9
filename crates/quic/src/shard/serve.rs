//! From the connections to those who wait on them.

use std::sync::Arc;

use sinew_driver::Due;
use sinew_multiaddr::Address;
use sinew_quic_proto::Event;
use sinew_transport::StreamCode;

use super::Shard;
use crate::{
    close_reason::translate,
    connection::{Shell, State},
};

impl Shard {
    /// Takes the events of every touched connection, wakes who waits for them and starts handlers.
    pub(super) fn look_at_touched(&mut self) {
        for index in 0..self.work.touched.len() {
            let Some(shell) = self.work.touched.get(index).cloned() else {
                break;
            };
            self.look_at(&shell);
            let was_sending = std::mem::replace(&mut shell.lock().muxer.is_sending, true);
            if !was_sending {
                self.work.sending.push(shell);
            }
        }
        self.work.touched.clear();
        self.work.due.run(&mut self.handlers);
    }

    fn look_at(&mut self, shell: &Arc<Shell>) {
        let mut state = shell.lock();
        state.muxer.is_touched = false;
        self.talk_to_endpoint(shell, &mut state);
        while let Some(event) = state.muxer.proto.poll_event() {
            if let Event::Connected { .. } = event {
                // Its end was not handled before this, so its handle is still its own.
                self.roster.on_established(shell.driver().handle);
            }
            on_event(shell, &mut state, event, &mut self.work.due);
        }
        shell.settle(state, &mut self.work.due);
    }

    /// Carries values between a connection and its endpoint.
    pub(super) fn talk_to_endpoint(&mut self, shell: &Arc<Shell>, state: &mut State) {
        // The handle of a connection that has drained may be another's by now.
        if !self.roster.has(shell) {
            return;
        }
        let handle = shell.driver().handle;
        while let Some(output) = state.muxer.proto.poll_endpoint() {
            let answer = self.endpoint.handle_connection_output(handle, output);
            if let Some(input) = answer {
                state.muxer.proto.handle_input(input);
            }
        }
    }
}

fn on_event(shell: &Shell, state: &mut State, event: Event, due: &mut Due) {
    match event {
        Event::Connected { peer } => shell.on_connected(state, peer, due),
        Event::HandshakeConfirmed => state.on_confirmed(due),
        Event::AddressChanged { old, new } => {
            state.on_moved(Address::quic(old), Address::quic(new), due);
        }
        Event::StreamOpened => state.on_stream_opened(due),
        Event::StreamsAvailable => state.on_streams_available(due),
        Event::Readable { stream } => state.on_readable(stream, due),
        Event::Writable { stream } => state.on_writable(stream, due),
        Event::Finished { stream } => state.on_finished(stream, due),
        Event::Stopped { stream, code } => {
            state.on_stopped(stream, StreamCode::from_wire(code), due);
        }
        Event::Closed(reason) => state.on_closed(translate(reason)),
        // Datagrams are not part of the port.
        Event::DatagramReceived | Event::DatagramsUnblocked | _ => {}
    }
}
