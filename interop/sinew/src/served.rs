//! What every peer serves for `edges`.
//!
//! | protocol | what the listener does |
//! |---|---|
//! | [`ECHO`] | sends back what arrives, until the end |
//! | [`LATE`] | reads to the end, and only then answers with the number of bytes, and ends |
//! | [`WATCH`] | says `hello` and ends its side at once; reads on, and remembers how that ended |
//! | [`HOLD`] | says `hello` and keeps its side open; reads on, and remembers how that ended |
//! | [`SEEN`] | answers with how the last watched stream ended: `end N`, `reset` or `nothing yet` |
//! | [`RESET`] | reads a byte, and resets the stream |

use std::sync::{Arc, Mutex, PoisonError};

use sinew::{Host, ReadError, Stream, StreamCode};

use crate::error::Error;

pub(crate) const ECHO: &str = "/echo/1.0.0";
pub(crate) const LATE: &str = "/interop/late/1.0.0";
pub(crate) const WATCH: &str = "/interop/watch/1.0.0";
pub(crate) const HOLD: &str = "/interop/hold/1.0.0";
pub(crate) const SEEN: &str = "/interop/seen/1.0.0";
pub(crate) const RESET: &str = "/interop/reset/1.0.0";

pub(crate) fn serve(host: &Host) {
    let seen = Arc::new(Mutex::new("nothing yet".to_owned()));
    host.serve(ECHO, |mut stream| async move { stream.copy_back().await });
    host.serve(LATE, late);
    let watched = seen.clone();
    host.serve(WATCH, move |stream| watch(stream, watched.clone()));
    let held = seen.clone();
    host.serve(HOLD, move |stream| hold(stream, held.clone()));
    host.serve(SEEN, move |stream| tell(stream, seen.clone()));
    host.serve(RESET, |mut stream: Stream| async move {
        stream.read_exact(&mut [0]).await.map_err(Error::failed)?;
        stream.reset(StreamCode::NO_ERROR);
        Ok::<_, Error>(())
    });
}

async fn late(mut stream: Stream) -> Result<(), Error> {
    let received = count(&mut stream).await?;
    answer(&mut stream, &received.to_string()).await
}

async fn watch(mut stream: Stream, seen: Arc<Mutex<String>>) -> Result<(), Error> {
    answer(&mut stream, "hello").await?;
    remember_end(&mut stream, &seen).await;
    Ok(())
}

async fn hold(mut stream: Stream, seen: Arc<Mutex<String>>) -> Result<(), Error> {
    stream.write_all(b"hello").await?;
    remember_end(&mut stream, &seen).await;
    Ok(())
}

async fn remember_end(stream: &mut Stream, seen: &Mutex<String>) {
    let ended = match count(stream).await {
        Ok(received) => format!("end {received}"),
        Err(ReadError::Reset(_)) => "reset".to_owned(),
        Err(error) => error.to_string(),
    };
    *seen.lock().unwrap_or_else(PoisonError::into_inner) = ended;
}

async fn tell(mut stream: Stream, seen: Arc<Mutex<String>>) -> Result<(), Error> {
    let text = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    answer(&mut stream, &text).await
}

async fn answer(stream: &mut Stream, text: &str) -> Result<(), Error> {
    stream.write_all(text.as_bytes()).await?;
    stream.finish()?;
    Ok(())
}

async fn count(stream: &mut Stream) -> Result<usize, ReadError> {
    let mut received = 0;
    while let Some(bytes) = stream.read_bytes().await? {
        received += bytes.len();
    }
    Ok(received)
}
