//! `/echo/1.0.0`: what arrives goes back, until the end.

use std::time::Duration;

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::{PeerId, StreamProtocol};
use libp2p_stream::Control;

use crate::error::Error;

pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/echo/1.0.0");

/// Sends what arrives, and closes its side at the end of that.
pub(crate) async fn copy_back(stream: libp2p::Stream) -> Result<(), Error> {
    let (mut reader, mut writer) = stream.split();
    let mut buf = vec![0; 64 * 1024];
    loop {
        let length = reader.read(&mut buf).await?;
        if length == 0 {
            break;
        }
        writer.write_all(&buf[..length]).await?;
        writer.flush().await?;
    }
    writer.close().await?;
    Ok(())
}

/// Sends `length` bytes, half-closes, and compares what comes back. Returns how long that took.
pub(crate) async fn request(
    mut control: Control,
    peer: PeerId,
    length: usize,
) -> Result<Duration, Error> {
    let sent = pattern(length);
    let stream = control.open_stream(peer, PROTOCOL).await?;
    let started = std::time::Instant::now();
    let (mut reader, mut writer) = stream.split();
    let write = async {
        writer.write_all(&sent).await?;
        writer.close().await
    };
    let mut received = Vec::with_capacity(length);
    let (written, read) = futures::join!(write, reader.read_to_end(&mut received));
    read?;
    written?;
    compare(&sent, &received)?;
    Ok(started.elapsed())
}

fn compare(sent: &[u8], received: &[u8]) -> Result<(), Error> {
    if sent.len() != received.len() {
        return Err(Error::Length {
            sent: sent.len(),
            received: received.len(),
        });
    }
    match sent.iter().zip(received).position(|(a, b)| a != b) {
        Some(at) => Err(Error::Changed { at }),
        None => Ok(()),
    }
}

/// Bytes in which no block equals its neighbours, so that a lost or doubled one is seen.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(length)
    .collect()
}
