//! The protocol written by hand, after `docs/file-transfer.md`.

use ring::digest;
use sinew_transport::Stream;

use crate::fixture::guarded;

pub(crate) const WAIT: [u8; 3] = [2, 0x08, 1];
pub(crate) const DONE: [u8; 2] = [0x08, 4];

pub(crate) fn sha256(content: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, content).as_ref().to_vec()
}

/// An offer, with its length in front.
pub(crate) fn offer(name: &str, size: u64, hash: &[u8]) -> Vec<u8> {
    let mut body = vec![0x0a];
    varint(&mut body, name.len() as u64);
    body.extend(name.as_bytes());
    body.push(0x10);
    varint(&mut body, size);
    body.push(0x1a);
    varint(&mut body, hash.len() as u64);
    body.extend(hash);
    let mut message = Vec::new();
    varint(&mut message, body.len() as u64);
    message.extend(body);
    message
}

/// The reply that accepts a file, with its length in front.
pub(crate) fn accept_message(offset: u64) -> Vec<u8> {
    let mut message = vec![0];
    message.extend(accepted(offset));
    message[0] = message.len() as u8 - 1;
    message
}

/// The body of the reply that accepts a file.
pub(crate) fn accepted(offset: u64) -> Vec<u8> {
    let mut body = vec![0x08, 2];
    if offset > 0 {
        body.push(0x10);
        varint(&mut body, offset);
    }
    body
}

/// The body of a reply that refuses a file.
pub(crate) fn refused(reason: u8) -> Vec<u8> {
    vec![0x08, 5, 0x18, reason]
}

/// Reads one message and returns its body.
pub(crate) async fn read_message(stream: &mut Stream) -> Vec<u8> {
    guarded(async {
        let mut len = [0];
        stream.read_exact(&mut len).await.unwrap();
        assert!(len[0] < 0x80, "replies are short");
        let mut body = vec![0; usize::from(len[0])];
        stream.read_exact(&mut body).await.unwrap();
        body
    })
    .await
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
