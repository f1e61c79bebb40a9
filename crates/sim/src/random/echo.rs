//! Echoes: what is sent comes back, in both directions at once.

use sinew::{ReadError, Stream, WriteError};

use super::{
    book::{Book, Violation},
    hosts::Hosts,
    letter::{CHUNK, byte},
    limits,
    plan::Job,
};

/// The protocol by which echoes are asked for.
pub(super) const PROTOCOL: &str = "/sim/echo/1";

/// Sends `len` bytes to a peer that is connected, and expects them back.
pub(super) async fn ask(hosts: &Hosts, job: &Job, len: u32, book: &Book) {
    let Some(host) = hosts.get(job.from) else {
        return;
    };
    let stream = match host.open_stream(hosts.peer(job.to), PROTOCOL).await {
        Ok(stream) => stream,
        Err(error) => return book.failed("an echo", &error),
    };
    let (connection, direction) = (stream.connection(), stream.direction());
    let _held = limits::enter(hosts, job.from, connection, direction, book);
    match exchange(stream, len).await {
        Ok((same, true)) if same == u64::from(len) => book.count(|tally| tally.echoes += 1),
        Ok((same, _)) => book.violated(Violation::WrongEcho { len, same }),
        Err(why) => book.failed("an echo", &why),
    }
}

/// Sends back what comes.
pub(super) async fn serve(mut stream: Stream, hosts: Hosts, host: usize, book: Book) {
    let (connection, direction) = (stream.connection(), stream.direction());
    let _held = limits::enter(&hosts, host, connection, direction, &book);
    if let Err(error) = stream.copy_back().await {
        book.failed("copying back", &error);
    }
}

/// Why there was no echo.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("it could not be written")]
    Write(#[from] WriteError),
    #[error("it could not be read")]
    Read(#[from] ReadError),
}

/// Returns how many bytes came back as they were sent, and whether nothing else did.
async fn exchange(stream: Stream, len: u32) -> Result<(u64, bool), Why> {
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        let mut at = 0;
        while at < len {
            let end = len.min(at + CHUNK);
            let bytes = (at..end).map(|at| byte(len.into(), at.into())).collect();
            writer.write_bytes(bytes).await?;
            at = end;
        }
        writer.finish()
    };
    let receiving = async {
        let mut same = 0;
        while let Some(bytes) = reader.read_bytes().await? {
            for value in bytes {
                if same >= u64::from(len) || value != byte(len.into(), same) {
                    return Ok((same, false));
                }
                same += 1;
            }
        }
        Ok::<_, ReadError>((same, true))
    };
    let (sent, received) = futures_util::future::join(sending, receiving).await;
    let (same, is_same) = received?;
    if is_same {
        sent?;
    }
    Ok((same, is_same))
}

#[cfg(test)]
mod tests;
