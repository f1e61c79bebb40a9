//! Letters: a stream each, whose every byte can be checked, and an answer when all of it is there.
//!
//! ```text
//! writer ── number (8 bytes) ── the letter ── end ──►
//!        ◄── its length (8 bytes) ── end ────────── reader
//! ```

use std::time::Duration;

use bytes::Bytes;
use sinew::{NegotiationError, ReadError, Runtime, Stream, StreamCode, WriteError};

use super::{
    book::{Book, Violation},
    hosts::Hosts,
    limits,
    plan::{Job, Leave, Letter},
};

/// The protocol by which letters are sent.
pub(super) const PROTOCOL: &str = "/sim/letter/1";

/// Writes a letter to a peer that is connected, and waits for the answer.
pub(super) async fn write(hosts: &Hosts, job: &Job, letter: Letter, book: &Book) {
    let Some(host) = hosts.get(job.from) else {
        return;
    };
    let peer = hosts.peer(job.to);
    let number = book.post(letter, host.peer_id(), peer);
    let what = format!("letter {number}");
    let stream = match host.open_stream(peer, PROTOCOL).await {
        Ok(stream) => stream,
        Err(error) => return book.failed(what, &error),
    };
    let _held = limits::enter(
        hosts,
        job.from,
        stream.connection(),
        stream.direction(),
        book,
    );
    match deliver(stream, number, letter).await {
        Ok(Delivery::Answered) => book.confirmed(number),
        Ok(Delivery::Left) => book.count(|tally| tally.left += 1),
        // It was to be left at the other end.
        Err(why) if why.says_that_reader_left(letter) => book.count(|tally| tally.left += 1),
        Err(why) => book.failed(what, &why),
    }
}

enum Delivery {
    Answered,
    Left,
}

/// Why a letter was not delivered.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("it could not be written")]
    Write(#[from] WriteError),
    #[error("the answer could not be read")]
    Read(#[from] ReadError),
    #[error("the answer has {len} bytes")]
    WrongAnswer { len: usize },
}

impl Why {
    /// Says whether this is how it looks that the reader of `letter` left it.
    fn says_that_reader_left(&self, letter: Letter) -> bool {
        let code = match self {
            Self::Write(WriteError::Stopped(code)) | Self::Read(ReadError::Reset(code)) => *code,
            // The reset has overtaken what the reader said before: that it speaks the protocol.
            Self::Write(WriteError::Negotiation(NegotiationError::Stream(error)))
            | Self::Read(ReadError::Negotiation(NegotiationError::Stream(error))) => {
                let ReadError::Reset(code) = **error else {
                    return false;
                };
                code
            }
            Self::Write(_) | Self::Read(_) | Self::WrongAnswer { .. } => return false,
        };
        letter.reader_leaves.is_some_and(|(_, leave)| match leave {
            Leave::Reset => code == LEFT_BY_READER,
            // Whatever a stream says that nobody holds any more.
            Leave::Drop => true,
        })
    }
}

/// Says whether this is how it looks that the writer of `letter` left it.
fn says_that_writer_left(error: &ReadError, letter: Letter) -> bool {
    let ReadError::Reset(code) = error else {
        return false;
    };
    letter.writer_leaves.is_some_and(|(_, leave)| match leave {
        Leave::Reset => *code == LEFT_BY_WRITER,
        Leave::Drop => true,
    })
}

async fn deliver(stream: Stream, number: u64, letter: Letter) -> Result<Delivery, Why> {
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        writer.write_all(&number.to_be_bytes()).await?;
        let end = letter.writer_leaves.map_or(letter.len, |(at, _)| at);
        let mut at = 0;
        while at < end {
            let chunk = (end - at).min(CHUNK);
            let bytes: Bytes = (at..at + chunk).map(|at| byte(number, at.into())).collect();
            writer.write_bytes(bytes).await?;
            at += chunk;
        }
        match letter.writer_leaves {
            None => {
                writer.finish()?;
                Ok::<_, Why>(true)
            }
            Some((_, Leave::Reset)) => {
                writer.reset(LEFT_BY_WRITER);
                Ok(false)
            }
            Some((_, Leave::Drop)) => {
                drop(writer);
                Ok(false)
            }
        }
    };
    // The answer can come, or say why none will, while the letter is being written.
    let answer = async {
        let mut answer = Vec::new();
        loop {
            match reader.read_bytes().await {
                Ok(Some(bytes)) => answer.extend_from_slice(&bytes),
                Ok(None) => return Ok(answer),
                Err(error) => return Err(Why::from(error)),
            }
        }
    };
    let (sent, answer) = futures_util::future::join(sending, answer).await;
    if !sent? {
        return Ok(Delivery::Left);
    }
    let answer = answer?;
    if answer == u64::from(letter.len).to_be_bytes() {
        return Ok(Delivery::Answered);
    }
    Err(Why::WrongAnswer { len: answer.len() })
}

/// Reads a letter, checks its bytes, and answers.
pub(super) async fn serve(
    mut stream: Stream,
    hosts: Hosts,
    host: usize,
    book: Book,
    runtime: Runtime,
) {
    let (connection, direction) = (stream.connection(), stream.direction());
    let _held = limits::enter(&hosts, host, connection, direction, &book);
    let mut number = [0; 8];
    if stream.read_exact(&mut number).await.is_err() {
        return;
    }
    let number = u64::from_be_bytes(number);
    let Some(letter) = book.letter(number, stream.peer(), hosts.peer(host)) else {
        return book.violated(Violation::WrongByte {
            letter: number,
            offset: 0,
        });
    };
    let mut arrived: u64 = 0;
    loop {
        if let Some((at, leave)) = letter.reader_leaves
            && arrived >= u64::from(at)
        {
            if leave == Leave::Reset {
                stream.reset(LEFT_BY_READER);
            }
            return;
        }
        if letter.reader_waits > Duration::ZERO {
            runtime.sleep(letter.reader_waits).await;
        }
        let bytes = match stream.read_bytes().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(error) if says_that_writer_left(&error, letter) => return,
            Err(error) => return book.failed(format!("reading letter {number}"), &error),
        };
        for value in bytes {
            if value != byte(number, arrived) {
                return book.violated(Violation::WrongByte {
                    letter: number,
                    offset: arrived,
                });
            }
            arrived += 1;
        }
        if arrived > u64::from(letter.len) {
            return book.violated(Violation::TooLong {
                letter: number,
                len: letter.len,
            });
        }
    }
    book.arrived(number, arrived);
    // Whoever is gone is not told.
    if stream.write_all(&arrived.to_be_bytes()).await.is_ok() {
        stream.finish().ok();
    }
}

/// Returns a byte that depends on where it is and in which letter.
pub(super) fn byte(letter: u64, offset: u64) -> u8 {
    let mixed = (letter ^ offset.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [first, ..] = mixed.to_be_bytes();
    first
}

pub(super) const CHUNK: u32 = 16 << 10;

/// What a writer says that leaves.
const LEFT_BY_WRITER: StreamCode = StreamCode::new(7);

/// What a reader says that leaves.
const LEFT_BY_READER: StreamCode = StreamCode::new(9);

#[cfg(test)]
mod tests;
