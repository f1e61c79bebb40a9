//! Somebody between two hosts, who can cut the connection where he likes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use sinew_multiaddr::Address;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// Forwards one connection.
pub(crate) struct Relay {
    local: SocketAddr,
    /// Bytes that are still forwarded to the dialer.
    left: Arc<AtomicUsize>,
    /// When they are used up, the connections stay open.
    stays: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Forwards the next connection to `target`.
    pub(crate) async fn to(target: Address) -> Self {
        let target = target.socket_addr().unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let local = socket.local_addr().unwrap();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let stays = Arc::<AtomicBool>::default();
        let limit = Limit {
            left: left.clone(),
            stays: stays.clone(),
        };
        let task = tokio::spawn(async move {
            let (dialer, _) = socket.accept().await.unwrap();
            let listener = TcpStream::connect(target).await.unwrap();
            let (from_dialer, to_dialer) = dialer.into_split();
            let (from_listener, to_listener) = listener.into_split();
            let endless = Limit {
                left: Arc::new(AtomicUsize::new(usize::MAX)),
                stays: Arc::default(),
            };
            // When one direction ends, both sockets are closed.
            tokio::select! {
                () = forward(from_dialer, to_listener, endless) => {}
                () = forward(from_listener, to_dialer, limit) => {}
            }
        });
        Self {
            local,
            left,
            stays,
            task,
        }
    }

    pub(crate) fn address(&self) -> Address {
        Address::tcp(self.local)
    }

    /// Forwards `len` bytes more to the dialer, and then hangs up.
    pub(crate) fn cut_after(&self, len: usize) {
        self.left.store(len, Ordering::SeqCst);
    }

    /// Forwards nothing more to the dialer, and hangs up on nobody.
    pub(crate) fn silence(&self) {
        self.stays.store(true, Ordering::SeqCst);
        self.cut_after(0);
    }

    /// Hangs up on both.
    pub(crate) fn hang_up(self) {
        self.task.abort();
    }
}

/// How much is forwarded, and what happens then.
struct Limit {
    left: Arc<AtomicUsize>,
    stays: Arc<AtomicBool>,
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, limit: Limit) {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let Ok(len @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let before = limit.left.load(Ordering::SeqCst);
        let allowed = len.min(before);
        if to.write_all(&buffer[..allowed]).await.is_err() {
            return;
        }
        if before != usize::MAX {
            limit.left.store(before - allowed, Ordering::SeqCst);
        }
        if allowed < len {
            if limit.stays.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            return;
        }
    }
}
