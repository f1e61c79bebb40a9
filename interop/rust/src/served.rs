//! What every peer serves for `edges`; README.md has the list with what each does.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::{Stream, StreamProtocol};
use libp2p_stream::Control;

use crate::echo;

pub(crate) const LATE: StreamProtocol = StreamProtocol::new("/interop/late/1.0.0");
pub(crate) const WATCH: StreamProtocol = StreamProtocol::new("/interop/watch/1.0.0");
pub(crate) const HOLD: StreamProtocol = StreamProtocol::new("/interop/hold/1.0.0");
pub(crate) const SEEN: StreamProtocol = StreamProtocol::new("/interop/seen/1.0.0");
pub(crate) const RESET: StreamProtocol = StreamProtocol::new("/interop/reset/1.0.0");

/// Serves everything, each stream in a task of its own.
pub(crate) fn serve(control: &mut Control) {
    let seen = Arc::new(Mutex::new("nothing yet".to_owned()));
    let [watched, held] = [seen.clone(), seen.clone()];
    serve_one(control, echo::PROTOCOL, echo::copy_back);
    serve_one(control, LATE, late);
    serve_one(control, WATCH, move |stream| watch(stream, watched.clone()));
    serve_one(control, HOLD, move |stream| hold(stream, held.clone()));
    serve_one(control, SEEN, move |stream| tell(stream, seen.clone()));
    serve_one(control, RESET, |mut stream| async move {
        // Yamux resets a stream that is dropped before it was closed.
        stream.read_exact(&mut [0]).await
    });
}

fn serve_one<Handler, Serving>(control: &mut Control, protocol: StreamProtocol, handler: Handler)
where
    Handler: Fn(Stream) -> Serving + 'static,
    Serving: Future<Output: Outcome> + Send + 'static,
    Handler: Send,
{
    let Ok(mut incoming) = control.accept(protocol.clone()) else {
        return;
    };
    tokio::spawn(async move {
        while let Some((peer, stream)) = incoming.next().await {
            let serving = handler(stream);
            let protocol = protocol.clone();
            tokio::spawn(async move {
                if let Some(error) = serving.await.into_error() {
                    eprintln!("{protocol} with {peer}: {error}");
                }
            });
        }
    });
}

/// What a handler may return.
trait Outcome {
    fn into_error(self) -> Option<String>;
}

impl<E: std::fmt::Display> Outcome for Result<(), E> {
    fn into_error(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

async fn late(mut stream: Stream) -> io::Result<()> {
    let received = count(&mut stream).await?;
    answer(&mut stream, &received.to_string()).await
}

async fn watch(mut stream: Stream, seen: Arc<Mutex<String>>) -> io::Result<()> {
    answer(&mut stream, "hello").await?;
    remember_end(&mut stream, &seen).await;
    Ok(())
}

async fn hold(mut stream: Stream, seen: Arc<Mutex<String>>) -> io::Result<()> {
    stream.write_all(b"hello").await?;
    stream.flush().await?;
    remember_end(&mut stream, &seen).await;
    Ok(())
}

async fn remember_end(stream: &mut Stream, seen: &Mutex<String>) {
    let ended = match count(stream).await {
        Ok(received) => format!("end {received}"),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => "reset".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind()),
    };
    *seen.lock().unwrap_or_else(PoisonError::into_inner) = ended;
}

async fn tell(mut stream: Stream, seen: Arc<Mutex<String>>) -> io::Result<()> {
    let text = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    answer(&mut stream, &text).await
}

async fn answer(stream: &mut Stream, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.close().await
}

async fn count(stream: &mut Stream) -> io::Result<usize> {
    let mut buf = [0; 4096];
    let mut received = 0;
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(received),
            length => received += length,
        }
    }
}
