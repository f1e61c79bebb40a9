//! What others ask of the shard.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use sinew_driver::{Dialed, Inbox};
use sinew_quic_proto::Dial;
use sinew_transport::{CloseReason, ConnectionCode, DialError};
use tokio::sync::oneshot;

use super::{Shard, Stage};
use crate::connection::OnShard;

/// Something to do in the next turn.
#[derive(Debug)]
pub(crate) enum Command {
    Dial(DialRequest),
    /// Accepts no more for this listener.
    Unlisten(Arc<Inbox>),
    /// Ends when nothing is left to do.
    Release,
    /// Closes everything; answers when it is done, or the time is over.
    Shutdown {
        done: oneshot::Sender<()>,
        within: Duration,
    },
}

/// A dial, and who waits for its connection.
#[derive(Debug)]
pub(crate) struct DialRequest {
    pub(crate) dial: Dial,
    pub(crate) reply: oneshot::Sender<Result<Dialed<OnShard>, DialError>>,
}

impl DialRequest {
    fn refuse(self) {
        // Whoever waited may have given up.
        let _gone = self.reply.send(Err(DialError::TransportClosed));
    }
}

impl Command {
    /// Answers a command that comes after the end.
    pub(super) fn refuse(self) {
        match self {
            Self::Dial(request) => request.refuse(),
            Self::Shutdown { done, .. } => {
                let _gone = done.send(());
            }
            Self::Unlisten(_) | Self::Release => {}
        }
    }
}

impl Shard {
    pub(super) fn take_commands(&mut self) {
        let commands = self.shared.commands().as_mut().map(std::mem::take);
        for command in commands.into_iter().flatten() {
            match command {
                Command::Dial(request) if self.is_shutting_down() => request.refuse(),
                Command::Dial(request) => self.dials.push_back(request),
                Command::Unlisten(inbox) => {
                    if self
                        .inbox
                        .as_ref()
                        .is_some_and(|it| Arc::ptr_eq(it, &inbox))
                    {
                        self.inbox = None;
                        self.shared.is_listening.store(false, Ordering::Relaxed);
                    }
                }
                Command::Release => {
                    if let Stage::Running = self.stage {
                        self.stage = Stage::Released;
                    }
                }
                Command::Shutdown { done, within } => self.on_shutdown(done, within),
            }
        }
    }

    fn on_shutdown(&mut self, done: oneshot::Sender<()>, within: Duration) {
        if let Stage::ShuttingDown { waiting, .. } = &mut self.stage {
            waiting.push(done);
            return;
        }
        self.stage = Stage::ShuttingDown {
            deadline: self.shared.runtime.now().checked_add(within),
            waiting: vec![done],
        };
        if let Some(inbox) = self.inbox.take() {
            inbox.close();
        }
        for incoming in self.incoming.drain(..) {
            self.endpoint.refuse(incoming);
        }
        self.dials.drain(..).for_each(DialRequest::refuse);
        let code = ConnectionCode::SHUTDOWN;
        for shell in self.roster.iter() {
            shell.close(code, b"", CloseReason::Local { code });
        }
    }
}
