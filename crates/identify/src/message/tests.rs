//! Framing, at every split and at its limits.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use sinew_identity::Keypair;
use sinew_transport::{
    CloseReason, ConnectionId, Direction, ReadError, Stream, StreamCode, StreamInfo, StreamIo,
    WriteError,
};

use super::{MAX_MESSAGE_LEN, Messages, read_len, split_message};
use crate::{IdentifyError, Violation};

#[test]
fn a_message_is_taken_when_all_of_it_is_there_and_not_before() {
    let whole = [3, b'a', b'b', b'c', 1];

    for split in 0..4 {
        let mut buf = BytesMut::from(&whole[..split]);
        assert_eq!(split_message(&mut buf), Ok(None), "split at {split}");
        assert_eq!(buf.len(), split, "nothing was taken at {split}");
    }
    let mut buf = BytesMut::from(&whole[..]);
    assert_eq!(split_message(&mut buf).unwrap().unwrap(), &b"abc"[..]);
    assert_eq!(&buf[..], [1]);
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_the_message_comes() {
    let mut len = Vec::new();
    prost::encoding::encode_varint(MAX_MESSAGE_LEN as u64 + 1, &mut len);

    assert_eq!(
        split_message(&mut BytesMut::from(&len[..])),
        Err(Violation::MessageTooLong {
            len: MAX_MESSAGE_LEN as u64 + 1,
            max: MAX_MESSAGE_LEN
        })
    );
}

#[test]
fn a_length_that_never_ends_is_refused() {
    assert_eq!(read_len(&[0xff; 4]), Ok(None));
    assert_eq!(read_len(&[0xff; 5]), Err(Violation::MalformedLength));
    assert_eq!(read_len(&[0xff; 64]), Err(Violation::MalformedLength));
}

#[tokio::test]
async fn a_peer_that_lets_go_behind_a_complete_message_has_said_all() {
    for error in [
        ReadError::Reset(StreamCode::NO_ERROR),
        ReadError::Closed(CloseReason::Reset),
    ] {
        let mut stream = script([Ok(&[2, 0x32, 0][..]), Err(error)]);
        let mut messages = Messages::new(&mut stream);

        assert!(messages.next().await.unwrap().is_some());
        assert!(messages.next().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_peer_that_lets_go_before_or_within_a_message_has_failed() {
    let reset = || Err(ReadError::Reset(StreamCode::NO_ERROR));
    for steps in [vec![reset()], vec![Ok(&[0, 2, 0x32][..]), reset()]] {
        let mut stream = script(steps);
        let mut messages = Messages::new(&mut stream);

        let error = loop {
            match messages.next().await {
                Ok(message) => assert!(message.is_some(), "a cut message must not look complete"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, IdentifyError::Read(ReadError::Reset(_))));
    }
}

type Step = Result<&'static [u8], ReadError>;

/// A stream that reads as `steps` say.
fn script(steps: impl IntoIterator<Item = Step>) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([1; 32]).peer_id(),
        connection: ConnectionId(1),
        direction: Direction::Outbound,
        protocol: None,
    };
    Stream::new(Box::new(Script(steps.into_iter().collect())), info)
}

struct Script(VecDeque<Step>);

impl StreamIo for Script {
    fn id(&self) -> u64 {
        0
    }

    fn poll_read(
        &mut self,
        _cx: &mut Context<'_>,
        _max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        Poll::Ready(match self.0.pop_front() {
            Some(Ok(bytes)) => {
                out.push_back(Bytes::from_static(bytes));
                Ok(false)
            }
            Some(Err(error)) => Err(error),
            None => Ok(true),
        })
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &mut Bytes) -> Poll<Result<(), WriteError>> {
        Poll::Ready(Err(WriteError::Finished))
    }

    fn poll_write_slice(
        &mut self,
        _: &mut Context<'_>,
        _: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        Poll::Ready(Err(WriteError::Finished))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    fn poll_finished(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self, _: StreamCode) {}

    fn stop(&mut self, _: StreamCode) {}

    fn set_priority(&mut self, _: i32) {}
}
