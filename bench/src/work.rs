//! The benchmark's own protocol: the first byte of a stream says what is wanted, on every system.

use anyhow::{Result, bail};
use bytes::Bytes;

use crate::Api;
use crate::system::{Connection, Stream};

/// The protocol's name, where a system negotiates one.
pub(crate) const PROTOCOL: &str = "/bench/1.0.0";

/// What a stream asks for.
mod operation {
    /// Answer with this byte.
    pub(super) const ANSWER: u8 = 1;
    /// Read a length, send that many bytes.
    pub(super) const DOWNLOAD: u8 = 2;
    /// Read a length, then that many bytes, then answer with one.
    pub(super) const UPLOAD: u8 = 3;
}

/// Serves one stream.
pub(crate) async fn serve(mut stream: impl Stream, api: Api) -> Result<()> {
    let mut operation = [0];
    if stream.read(&mut operation).await? == 0 {
        return Ok(());
    }
    match operation[0] {
        operation::ANSWER => stream.write_all(&operation).await?,
        operation::DOWNLOAD => {
            let length = read_length(&mut stream).await?;
            send(&mut stream, length, api).await?;
        }
        operation::UPLOAD => {
            let length = read_length(&mut stream).await?;
            receive(&mut stream, length, api).await?;
            stream.write_all(&[1]).await?;
        }
        other => bail!("operation {other} is unknown"),
    }
    stream.finish().await?;
    // Until the peer's end has come: dropping the stream earlier would be a reset.
    read_to_end(&mut stream).await
}

/// Sends one byte on a new stream, and waits for one byte and the end.
pub(crate) async fn request(connection: &impl Connection) -> Result<()> {
    let mut stream = connection.open().await?;
    stream.write_all(&[operation::ANSWER]).await?;
    stream.finish().await?;
    let mut answer = [0];
    read_exact(&mut stream, &mut answer).await?;
    read_to_end(&mut stream).await
}

pub(crate) async fn download(connection: &impl Connection, length: u64, api: Api) -> Result<()> {
    let mut stream = connection.open().await?;
    stream
        .write_all(&header(operation::DOWNLOAD, length))
        .await?;
    stream.finish().await?;
    receive(&mut stream, length, api).await?;
    read_to_end(&mut stream).await
}

/// Asks for bytes on a new stream that is not read.
pub(crate) async fn ask_and_not_read<C: Connection>(
    connection: &C,
    length: u64,
) -> Result<C::Stream> {
    let mut stream = connection.open().await?;
    stream
        .write_all(&header(operation::DOWNLOAD, length))
        .await?;
    stream.finish().await?;
    Ok(stream)
}

pub(crate) async fn upload(connection: &impl Connection, length: u64, api: Api) -> Result<()> {
    let mut stream = connection.open().await?;
    stream.write_all(&header(operation::UPLOAD, length)).await?;
    send(&mut stream, length, api).await?;
    stream.finish().await?;
    let mut answer = [0];
    read_exact(&mut stream, &mut answer).await?;
    read_to_end(&mut stream).await
}

async fn send(stream: &mut impl Stream, length: u64, api: Api) -> Result<()> {
    let mut left = length;
    while left > 0 {
        let chunk = Bytes::from_static(&PAYLOAD).slice(..left.min(CHUNK as u64) as usize);
        left -= chunk.len() as u64;
        match api {
            Api::Calls => stream.write_all(&chunk).await?,
            Api::Bytes => stream.write_bytes(chunk).await?,
        }
    }
    Ok(())
}

async fn receive(stream: &mut impl Stream, length: u64, api: Api) -> Result<()> {
    let mut buf = vec![0; CHUNK];
    let mut received = 0;
    while received < length {
        let count = match api {
            Api::Calls => stream.read(&mut buf).await?,
            Api::Bytes => stream.read_bytes(&mut buf).await?,
        };
        if count == 0 {
            bail!("{received} of {length} bytes came");
        }
        received += count as u64;
    }
    Ok(())
}

async fn read_length(stream: &mut impl Stream) -> Result<u64> {
    let mut length = [0; 8];
    read_exact(stream, &mut length).await?;
    Ok(u64::from_le_bytes(length))
}

async fn read_exact(stream: &mut impl Stream, mut buf: &mut [u8]) -> Result<()> {
    while !buf.is_empty() {
        let count = stream.read(buf).await?;
        if count == 0 {
            bail!("the stream ended early");
        }
        buf = &mut buf[count..];
    }
    Ok(())
}

async fn read_to_end(stream: &mut impl Stream) -> Result<()> {
    let mut buf = [0; 8];
    while stream.read(&mut buf).await? > 0 {}
    Ok(())
}

fn header(operation: u8, length: u64) -> [u8; 9] {
    let mut header = [operation; 9];
    header[1..].copy_from_slice(&length.to_le_bytes());
    header
}

/// What one read or write moves at most.
const CHUNK: usize = 64 * 1024;

static PAYLOAD: [u8; CHUNK] = [0x5a; CHUNK];
