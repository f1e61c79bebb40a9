//! The `yamux` crate, which rust-libp2p uses, polled by hand over a socket in memory.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use futures_io::{AsyncRead, AsyncWrite};
use sinew_sans_io::StreamMachine;
use sinew_yamux_proto::Event;

use crate::wire::Lone;

/// Our connection and theirs, with a socket between them.
pub(crate) struct Foreign {
    pub(crate) ours: Lone,
    pub(crate) theirs: yamux::Connection<Socket>,
    socket: Socket,
    pub(crate) accepted: VecDeque<yamux::Stream>,
    pub(crate) events: Vec<Event>,
    /// Whether their connection is over, and how.
    pub(crate) over: Option<Result<(), yamux::ConnectionError>>,
}

#[derive(Clone, Default)]
pub(crate) struct Socket(Arc<Mutex<Wire>>);

#[derive(Default)]
struct Wire {
    to_them: VecDeque<u8>,
    to_us: Vec<u8>,
    we_hung_up: bool,
    they_hung_up: bool,
}

impl Foreign {
    /// We dial.
    pub(crate) fn listener() -> Self {
        Self::new(Lone::dialer(), yamux::Mode::Server)
    }

    /// They dial.
    pub(crate) fn dialer() -> Self {
        Self::new(Lone::listener(), yamux::Mode::Client)
    }

    fn new(ours: Lone, mode: yamux::Mode) -> Self {
        let socket = Socket::default();
        Self {
            ours,
            theirs: yamux::Connection::new(socket.clone(), yamux::Config::default(), mode),
            socket,
            accepted: VecDeque::new(),
            events: Vec::new(),
            over: None,
        }
    }

    /// Carries what there is both ways once, and returns whether there was anything.
    pub(crate) fn step(&mut self) -> bool {
        let said = self.ours.said();
        self.socket.0.lock().unwrap().to_them.extend(&said);
        while self.over.is_none() {
            match self.theirs.poll_next_inbound(&mut cx()) {
                Poll::Ready(Some(Ok(stream))) => self.accepted.push_back(stream),
                Poll::Ready(Some(Err(error))) => self.over = Some(Err(error)),
                Poll::Ready(None) => self.over = Some(Ok(())),
                Poll::Pending => break,
            }
        }
        let heard = std::mem::take(&mut self.socket.0.lock().unwrap().to_us);
        self.ours.now = self.ours.now.max(std::time::Instant::now());
        self.ours.hear(&heard).unwrap();
        if self.socket.0.lock().unwrap().they_hung_up {
            self.ours.connection.handle_eof(self.ours.now).unwrap();
        }
        self.events.extend(self.ours.events());
        !said.is_empty() || !heard.is_empty()
    }

    pub(crate) fn run(&mut self) {
        // A stream of theirs hands its frames over at a later poll.
        let mut silent = 0;
        while silent < 3 {
            silent = if self.step() { 0 } else { silent + 1 };
        }
    }

    pub(crate) fn open_theirs(&mut self) -> yamux::Stream {
        match self.theirs.poll_new_outbound(&mut cx()) {
            Poll::Ready(Ok(stream)) => stream,
            other => panic!("{other:?}"),
        }
    }

    /// Lets them close the connection, as their users do.
    pub(crate) fn close_theirs(&mut self) {
        for _ in 0..100 {
            if self.theirs.poll_close(&mut cx()).is_ready() {
                self.over = Some(Ok(()));
                return self.run();
            }
            self.step();
        }
        panic!("they do not close");
    }

    pub(crate) fn hang_up(&mut self) {
        self.run();
        self.socket.0.lock().unwrap().we_hung_up = true;
        self.run();
    }
}

/// Writes as much as there is room for.
pub(crate) fn write(stream: &mut yamux::Stream, data: &[u8]) -> Option<io::Result<usize>> {
    ready(Pin::new(stream).poll_write(&mut cx(), data))
}

/// Reads what is there; an empty answer is the end.
pub(crate) fn read(stream: &mut yamux::Stream) -> Option<io::Result<Vec<u8>>> {
    let mut buf = vec![0; 100_000];
    let read = ready(Pin::new(stream).poll_read(&mut cx(), &mut buf))?;
    Some(read.map(|len| {
        buf.truncate(len);
        buf
    }))
}

pub(crate) fn close(stream: &mut yamux::Stream) -> bool {
    match ready(Pin::new(stream).poll_close(&mut cx())) {
        Some(closed) => {
            closed.unwrap();
            true
        }
        None => false,
    }
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.0.lock().unwrap();
        if wire.to_them.is_empty() && !wire.we_hung_up {
            return Poll::Pending;
        }
        Poll::Ready(io::Read::read(&mut wire.to_them, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().to_us.extend(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().unwrap().they_hung_up = true;
        Poll::Ready(Ok(()))
    }
}
