//! A host that takes connections and says nothing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sinew_multiaddr::Address;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

/// Runs on threads of its own, so that the tasks of a test can be counted.
pub(crate) struct Silent {
    local: SocketAddr,
    counts: Arc<Counts>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Counts {
    met: AtomicUsize,
    gone: AtomicUsize,
}

impl Silent {
    pub(crate) fn listen() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let local = socket.local_addr().unwrap();
        socket.set_nonblocking(true).unwrap();
        let counts = Arc::<Counts>::default();
        let shared = counts.clone();
        runtime.spawn(async move {
            let socket = TcpListener::from_std(socket).unwrap();
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                shared.met.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(listen_to(stream, shared.clone()));
            }
        });
        Self {
            local,
            counts,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn address(&self) -> Address {
        Address::tcp(self.local)
    }

    /// Returns how many connections there were.
    pub(crate) fn met(&self) -> usize {
        self.counts.met.load(Ordering::SeqCst)
    }

    pub(crate) async fn until_all_have_hung_up(&self) {
        while self.counts.gone.load(Ordering::SeqCst) < self.met() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn listen_to(mut stream: TcpStream, counts: Arc<Counts>) {
    let mut buffer = [0; 1024];
    while !matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)) {}
    counts.gone.fetch_add(1, Ordering::SeqCst);
}
