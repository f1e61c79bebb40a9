//! Where bytes arrive, and what becomes of the memory.

use std::{io::IoSlice, net::SocketAddr, task::Waker};

use super::*;

/// Always has more.
#[derive(Debug)]
struct Flood;

#[test]
fn memory_that_somebody_reads_from_is_put_aside_and_used_again_later() {
    let mut input = Input::new(MAX);
    fill(&mut input);
    let (first, slow) = take(&mut input);

    fill(&mut input);
    let (second, fast) = take(&mut input);
    assert_ne!(second, first);
    assert_eq!(slow, fast);

    drop((slow, fast));
    let mut used = Vec::new();
    for _ in 0..4 {
        fill(&mut input);
        used.push(take(&mut input).0);
    }
    assert!(used.iter().all(|at| *at == first || *at == second));
}

#[test]
fn what_is_left_of_a_record_moves_along() {
    let mut input = Input::new(MAX);
    fill(&mut input);
    let held = input.buffer.split_to(MAX - 5);
    input.buffer.copy_from_slice(b"begin");

    fill(&mut input);

    assert!(input.buffer.starts_with(b"begin"));
    assert!(input.buffer.len() > MAX / 2);
    assert!(held.iter().all(|byte| *byte == 7));
}

#[test]
fn an_idle_connection_keeps_nothing() {
    let mut input = Input::new(MAX);
    for _ in 0..3 {
        fill(&mut input);
        drop(take(&mut input).1.split_off(1));
    }
    assert!(input.holds_memory());

    for _ in 0..2 {
        input.trim();
    }

    assert!(!input.holds_memory());
    assert_eq!(input.read_len, MIN_READ_LEN);
}

/// Reads until the buffer is full, and its size the largest.
fn fill(input: &mut Input) {
    let mut cx = Context::from_waker(Waker::noop());
    while input.read_len < MAX {
        assert!(input.read(&mut Flood, &mut cx).is_ready());
        input.buffer.clear();
    }
    assert!(input.read(&mut Flood, &mut cx).is_ready());
    let rest = input.spare();
    input.buffer.extend_from_slice(&vec![7; rest]);
}

/// Takes what has arrived, as a stream does; returns where it stands, too.
fn take(input: &mut Input) -> (*const u8, BytesMut) {
    let taken = input.buffer.split();
    (taken.as_ptr(), taken)
}

impl TcpStream for Flood {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_read(&mut self, _cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        buf.fill(7);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        &mut self,
        _cx: &mut Context<'_>,
        _bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_shutdown(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

const MAX: usize = 128 << 10;
