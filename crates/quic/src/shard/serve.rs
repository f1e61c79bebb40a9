//! From the connections to those who wait on them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use sinew_multiaddr::Address;
use sinew_quic_proto::Event;
use sinew_transport::{ConnectionEvent, StreamIo};
use tracing::warn;

use super::Shard;
use crate::{
    close_reason::translate,
    connection::{QuicConnection, Shell, State},
    listener::Outcome,
    stream::QuicStream,
};

impl Shard {
    /// Takes the events of every touched connection, wakes who waits for them and starts handlers.
    pub(super) fn look_at_touched(&mut self) {
        for index in 0..self.work.touched.len() {
            let Some(shell) = self.work.touched.get(index).cloned() else {
                break;
            };
            self.look_at(&shell);
            let was_sending = std::mem::replace(&mut shell.lock().is_sending, true);
            if !was_sending {
                self.work.sending.push(shell);
            }
        }
        self.work.touched.clear();
        for waker in self.work.wakers.drain(..) {
            waker.wake();
        }
        for handler in self.work.serving.drain(..) {
            self.handlers.push(handler);
        }
    }

    fn look_at(&mut self, shell: &Arc<Shell>) {
        let mut state = shell.lock();
        state.is_touched = false;
        self.talk_to_endpoint(shell, &mut state);
        let mut is_established = false;
        while let Some(event) = state.proto.poll_event() {
            if let Event::Connected { peer } = event {
                is_established = shell.peer.set(peer).is_ok();
                // Its end was not handled before this, so its handle is still its own.
                self.roster.on_established(shell.handle);
            }
            self.on_event(&mut state, event);
        }
        if state.has_inbound
            && let Some(acceptor) = state.acceptor.clone()
        {
            state.has_inbound = false;
            while let Some(id) = state.take_inbound() {
                let stream: Box<dyn StreamIo> = Box::new(QuicStream::new(shell.clone(), id));
                self.work.inbound.push((acceptor.clone(), stream));
            }
        }
        let closed = state
            .closed
            .clone()
            .filter(|_| shell.closed.borrow().is_none());
        if let Some(reason) = &closed {
            state.push(ConnectionEvent::Closed(reason.clone()));
            self.work.wakers.extend(state.event_waker.take());
            state.end_waits(&mut self.work.wakers);
        }
        drop(state);

        // No lock is held from here on: acceptors are user code, and sending on the channel wakes tasks.
        if let Some(reason) = &closed {
            shell.closed.send_replace(Some(reason.clone()));
        }
        for (acceptor, stream) in self.work.inbound.drain(..) {
            match catch_unwind(AssertUnwindSafe(|| acceptor.serve(stream))) {
                Ok(serving) => self.work.serving.push(serving),
                Err(_panic) => warn!("acceptor panicked; its stream was reset"),
            }
        }
        if let Some(inbox) = &shell.inbox {
            if is_established {
                inbox.on_outcome(shell, Outcome::Established(QuicConnection(shell.clone())));
            } else if let Some(reason) = closed {
                inbox.on_outcome(shell, Outcome::Failed(reason));
            }
        }
    }

    /// Carries values between a connection and its endpoint.
    pub(super) fn talk_to_endpoint(&mut self, shell: &Arc<Shell>, state: &mut State) {
        // The handle of a connection that has drained may be another's by now.
        if !self.roster.has(shell) {
            return;
        }
        while let Some(output) = state.proto.poll_endpoint() {
            let answer = self.endpoint.handle_connection_output(shell.handle, output);
            if let Some(input) = answer {
                state.proto.handle_input(input);
            }
        }
    }

    fn on_event(&mut self, state: &mut State, event: Event) {
        let wakers = &mut self.work.wakers;
        match event {
            Event::Connected { .. } => {
                wakers.extend(state.dialing.take());
                state.grant_openings(wakers);
            }
            Event::HandshakeConfirmed => {
                state.push(ConnectionEvent::Confirmed);
                wakers.extend(state.event_waker.take());
            }
            Event::AddressChanged { old, new } => {
                state.push(ConnectionEvent::AddressChanged {
                    old: Address::quic(old),
                    new: Address::quic(new),
                });
                wakers.extend(state.event_waker.take());
            }
            Event::StreamOpened => {
                state.has_inbound = true;
                wakers.append(&mut state.accepting);
            }
            Event::StreamsAvailable => state.grant_openings(wakers),
            Event::Readable { stream } => {
                if let Some(slot) = state.streams.get_mut(&stream) {
                    wakers.extend(slot.reader.take());
                }
            }
            Event::Writable { stream } => {
                if let Some(slot) = state.streams.get_mut(&stream) {
                    wakers.extend(slot.writer.take());
                }
            }
            Event::Finished { stream } => {
                if let Some(slot) = state.streams.get_mut(&stream) {
                    slot.is_acknowledged = true;
                    wakers.extend(slot.writer.take());
                }
            }
            Event::Stopped { stream, code } => {
                if let Some(slot) = state.streams.get_mut(&stream) {
                    slot.stopped = Some(code);
                    wakers.extend(slot.writer.take());
                }
            }
            Event::Closed(reason) => {
                state.closed.get_or_insert_with(|| translate(reason));
            }
            // Datagrams are not part of the port.
            Event::DatagramReceived | Event::DatagramsUnblocked | _ => {}
        }
    }
}

impl State {
    fn grant_openings(&mut self, wakers: &mut Vec<std::task::Waker>) {
        let mut openings = std::mem::take(&mut self.openings);
        openings.grant(|| self.open(), wakers);
        self.openings = openings;
    }

    /// Takes the wakers of all who wait for something that will not come.
    fn end_waits(&mut self, wakers: &mut Vec<std::task::Waker>) {
        wakers.extend(self.dialing.take());
        wakers.append(&mut self.accepting);
        self.openings.wake_all(wakers);
        let mut streams: Vec<_> = self.streams.iter_mut().collect();
        // In the order of the streams, which does not depend on hashing.
        streams.sort_unstable_by_key(|(id, _)| **id);
        for (_, slot) in streams {
            wakers.extend(slot.reader.take());
            wakers.extend(slot.writer.take());
        }
    }
}
