//! How streams end: finished, reset, stopped, dropped.

use std::time::Duration;

use futures_util::future::join;
use sinew_transport::{ReadError, ReadHalf, Stream, StreamCode, WriteError};

use super::lab::{Lab, pattern, receive, send};

const CODE: StreamCode = StreamCode::new(0x4242);

/// Half-close: one direction is over, and the other carries on for as long as it likes.
pub async fn a_finished_side_reads_as_an_end_while_the_other_goes_on(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    send(&mut ours, pattern(5_000, 1)).await.unwrap();
    let heard = lab.soon(receive(&mut theirs)).await.unwrap();
    lab.settle().await;
    send(&mut theirs, pattern(6_000, 2)).await.unwrap();

    assert_eq!(heard, pattern(5_000, 1));
    let answer = lab.soon(receive(&mut ours)).await.unwrap();
    assert_eq!(answer, pattern(6_000, 2));
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// Half-close in the other direction.
pub async fn the_side_that_accepted_can_finish_first(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    send(&mut theirs, pattern(6_000, 2)).await.unwrap();
    let answer = lab.soon(receive(&mut ours)).await.unwrap();
    lab.settle().await;
    send(&mut ours, pattern(5_000, 1)).await.unwrap();

    assert_eq!(answer, pattern(6_000, 2));
    let heard = lab.soon(receive(&mut theirs)).await.unwrap();
    assert_eq!(heard, pattern(5_000, 1));
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// A second call does nothing, before and after the acknowledgement.
pub async fn finishing_twice_is_finishing_once(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    ours.finish().unwrap();
    ours.finish().unwrap();
    lab.soon(ours.finished()).await.unwrap();
    ours.finish().unwrap();
    lab.soon(ours.finished()).await.unwrap();

    assert_eq!(lab.soon(receive(&mut theirs)).await.unwrap(), b"");
}

/// Writing after the end is a mistake of the caller, and says so.
pub async fn what_was_finished_takes_no_more_bytes(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    ours.finish().unwrap();

    let at_once = lab.soon(ours.write_all(b"more")).await.unwrap_err();
    lab.settle().await;
    let later = lab.soon(ours.write_all(b"more")).await.unwrap_err();

    assert!(matches!(at_once, WriteError::Finished), "{at_once:?}");
    assert!(matches!(later, WriteError::Finished), "{later:?}");
    assert_eq!(lab.soon(receive(&mut theirs)).await.unwrap(), b"");
}

/// `finished` completes once the peer's transport has it all, whether it was read or not.
pub async fn finished_means_that_the_peer_has_everything(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    send(&mut ours, pattern(100_000, 1)).await.unwrap();

    lab.soon(ours.finished()).await.unwrap();

    drop(ours);
    lab.settle().await;
    let heard = lab.soon(receive(&mut theirs)).await.unwrap();
    assert!(heard == pattern(100_000, 1));
}

/// The dialer's side resets.
pub async fn a_reset_carries_its_code_to_whoever_accepted(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    ours.reset(CODE);

    assert_reset(lab, &mut theirs, CODE).await;
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// The listener's side resets.
pub async fn a_reset_carries_its_code_to_whoever_opened(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    theirs.reset(CODE);

    assert_reset(lab, &mut ours, CODE).await;
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// Who resets takes back what the peer has not read.
pub async fn a_reset_overtakes_what_was_not_read(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    ours.write_bytes(pattern(10_000, 1)).await.unwrap();
    lab.settle().await;

    ours.reset(CODE);
    lab.settle().await;

    let error = lab.soon(receive(&mut theirs)).await.unwrap_err();
    assert!(matches!(error, ReadError::Reset(CODE)), "{error:?}");
}

/// Both who waits to read and who waits to write hear of it.
pub async fn a_reset_wakes_a_waiting_reader_and_a_waiting_writer(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, theirs) = lab.streams(&pair).await;
    let (mut reader, mut writer) = theirs.split();
    let writing = async {
        loop {
            if let Err(error) = writer.write_all(&[0; 10_000]).await {
                break error;
            }
        }
    };
    let resetting = async {
        lab.settle().await;
        ours.reset(CODE);
    };

    let ((read, written), ()) = lab
        .soon(join(join(reader.read_bytes(), writing), resetting))
        .await;

    let read = read.unwrap_err();
    assert!(matches!(read, ReadError::Reset(CODE)), "{read:?}");
    assert!(matches!(written, WriteError::Stopped(CODE)), "{written:?}");
    drop((reader, writer, ours));
    lab.assert_quiet(&pair).await;
}

/// Neither direction of a stream that this side reset is of use to it.
pub async fn what_was_reset_takes_no_more_bytes(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, _theirs) = lab.streams(&pair).await;
    ours.reset(CODE);

    let written = lab.soon(ours.write_all(b"more")).await.unwrap_err();
    let finished = ours.finish().unwrap_err();
    let read = lab.soon(ours.read_bytes()).await.unwrap_err();

    assert!(matches!(written, WriteError::Finished), "{written:?}");
    assert!(matches!(finished, WriteError::Finished), "{finished:?}");
    assert!(matches!(read, ReadError::Stopped), "{read:?}");
}

/// What the peer has acknowledged cannot be taken back.
pub async fn a_reset_after_the_acknowledged_end_changes_nothing(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    send(&mut ours, pattern(1_000, 1)).await.unwrap();
    assert_eq!(
        lab.soon(receive(&mut theirs)).await.unwrap(),
        pattern(1_000, 1)
    );
    lab.soon(ours.finished()).await.unwrap();

    ours.reset(CODE);

    lab.soon(ours.finished()).await.unwrap();
    // The other direction was stopped, as a reset does.
    let stopped = write_until_it_fails(lab, &mut theirs).await;
    assert!(matches!(stopped, WriteError::Stopped(CODE)), "{stopped:?}");
}

/// Who does not want more says why; where the wire has no word for it, the writer is held back as by a reader
/// that sleeps, and hears of it when the other direction is over.
pub async fn a_stop_carries_its_code_to_the_writer(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;

    theirs.stop(CODE);

    if !lab.subject.wire().ends_halves_apart {
        lab.never(write_until_it_fails(lab, &mut ours)).await;
        theirs.finish().unwrap();
    }
    let stopped = write_until_it_fails(lab, &mut ours).await;
    assert!(matches!(stopped, WriteError::Stopped(CODE)), "{stopped:?}");
    let again = lab.soon(ours.write_all(b"more")).await.unwrap_err();
    assert!(matches!(again, WriteError::Stopped(CODE)), "{again:?}");
}

/// A writer that waits for room hears of a stop, or of the end of the other direction behind it.
pub async fn a_stop_wakes_a_waiting_writer(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let writing = write_until_it_fails(lab, &mut ours);
    let stopping = async {
        lab.settle().await;
        theirs.stop(CODE);
        if !lab.subject.wire().ends_halves_apart {
            lab.settle().await;
            theirs.finish().unwrap();
        }
    };

    let (stopped, ()) = lab.soon(join(writing, stopping)).await;

    assert!(matches!(stopped, WriteError::Stopped(CODE)), "{stopped:?}");
}

/// The other direction carries on.
pub async fn a_stop_ends_reading_here_and_not_writing(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    ours.write_bytes(pattern(1_000, 1)).await.unwrap();
    lab.settle().await;

    theirs.stop(CODE);
    send(&mut theirs, pattern(2_000, 2)).await.unwrap();

    let read = lab.soon(theirs.read_bytes()).await.unwrap_err();
    assert!(matches!(read, ReadError::Stopped), "{read:?}");
    assert_eq!(
        lab.soon(receive(&mut ours)).await.unwrap(),
        pattern(2_000, 2)
    );
    drop((ours, theirs));
    lab.assert_quiet(&pair).await;
}

/// The peer has said everything; there is nothing to stop.
pub async fn a_stop_after_the_end_was_read_changes_nothing(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    send(&mut ours, pattern(1_000, 1)).await.unwrap();
    lab.soon(receive(&mut theirs)).await.unwrap();

    theirs.stop(CODE);

    lab.soon(ours.finished()).await.unwrap();
    assert_eq!(lab.soon(theirs.read_bytes()).await.unwrap(), None);
}

/// Who waits for the acknowledgement of bytes that the peer refused must not take them for delivered; where the
/// wire has no word for a refusal, they were.
pub async fn a_stopped_stream_is_not_finished(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    theirs.stop(CODE);
    lab.settle().await;

    let finished = lab.soon(ours.finished()).await;

    if lab.subject.wire().ends_halves_apart {
        assert!(
            matches!(finished, Err(WriteError::Stopped(CODE))),
            "{finished:?}"
        );
    } else {
        finished.unwrap();
    }
}

/// A half-written message must never look like a whole one.
pub async fn dropping_an_unfinished_stream_resets_it(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    ours.write_bytes(pattern(1_000, 1)).await.unwrap();

    drop(ours);

    assert_reset(lab, &mut theirs, StreamCode::NO_ERROR).await;
    drop(theirs);
    lab.assert_quiet(&pair).await;
}

/// Whoever finished may go; what was written arrives.
pub async fn dropping_a_finished_stream_delivers_all_of_it(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    let sending = async {
        send(&mut ours, pattern(300_000, 1)).await.unwrap();
        drop(ours);
    };

    let ((), heard) = lab.soon(join(sending, receive(&mut theirs))).await;

    assert!(heard.unwrap() == pattern(300_000, 1));
    drop(theirs);
    lab.assert_quiet(&pair).await;
}

/// Nobody will read what comes, and the writer should know.
pub async fn dropping_what_was_not_read_stops_the_writer(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    theirs.finish().unwrap();

    drop(theirs);

    let stopped = write_until_it_fails(lab, &mut ours).await;
    assert!(
        matches!(stopped, WriteError::Stopped(StreamCode::NO_ERROR)),
        "{stopped:?}"
    );
    // What was finished before is an end all the same.
    assert_eq!(lab.soon(receive(&mut ours)).await.unwrap(), b"");
    drop(ours);
    lab.assert_quiet(&pair).await;
}

/// A stream on which everything was said and read ends without a word more.
pub async fn dropping_what_was_read_to_the_end_stops_nobody(lab: &Lab) {
    let pair = lab.connect().await;
    let (mut ours, mut theirs) = lab.streams(&pair).await;
    send(&mut ours, pattern(1_000, 1)).await.unwrap();
    lab.soon(receive(&mut theirs)).await.unwrap();
    theirs.finish().unwrap();

    drop(theirs);

    lab.soon(ours.finished()).await.unwrap();
    assert_eq!(lab.soon(receive(&mut ours)).await.unwrap(), b"");
    drop(ours);
    lab.assert_quiet(&pair).await;
}

/// One direction is broken off. The other carries on, or is broken off with it where the wire cannot tell them
/// apart: nothing is half broken without anybody knowing.
pub async fn a_reset_of_one_half_is_heard_by_the_reader(lab: &Lab) {
    let pair = lab.connect().await;
    let (ours, mut theirs) = lab.streams(&pair).await;
    let (reader, mut writer) = ours.split();

    writer.reset(CODE);

    assert_broken_off(lab, reader, &mut theirs, CODE).await;
    drop((writer, theirs));
    lab.assert_quiet(&pair).await;
}

/// As above: a message that was half written is never whole.
pub async fn dropping_the_writing_half_resets_it(lab: &Lab) {
    let pair = lab.connect().await;
    let (ours, mut theirs) = lab.streams(&pair).await;
    let (reader, writer) = ours.split();

    drop(writer);

    assert_broken_off(lab, reader, &mut theirs, StreamCode::NO_ERROR).await;
    drop(theirs);
    lab.assert_quiet(&pair).await;
}

/// Nobody is left to read; what this side still writes arrives.
pub async fn dropping_the_reading_half_stops_the_writer(lab: &Lab) {
    let pair = lab.connect().await;
    let (ours, mut theirs) = lab.streams(&pair).await;
    let (reader, mut writer) = ours.split();

    drop(reader);
    lab.settle().await;
    writer.write_all(b"goes on").await.unwrap();

    let mut heard = [0; 7];
    lab.soon(theirs.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"goes on");
    writer.finish().unwrap();
    let stopped = write_until_it_fails(lab, &mut theirs).await;
    assert!(
        matches!(stopped, WriteError::Stopped(StreamCode::NO_ERROR)),
        "{stopped:?}"
    );
    drop((writer, theirs));
    lab.assert_quiet(&pair).await;
}

/// Asserts that the peer, at `theirs`, hears that the direction towards it was reset, and what became of the
/// other.
async fn assert_broken_off(lab: &Lab, mut reader: ReadHalf, theirs: &mut Stream, code: StreamCode) {
    let read = lab.soon(receive(theirs)).await.unwrap_err();
    assert!(
        matches!(read, ReadError::Reset(got) if got == code),
        "{read:?}"
    );
    if lab.subject.wire().ends_halves_apart {
        send(theirs, pattern(5_000, 1)).await.unwrap();
        let mut heard = Vec::new();
        while let Some(chunk) = lab.soon(reader.read_bytes()).await.unwrap() {
            heard.extend_from_slice(&chunk);
        }
        assert_eq!(heard, pattern(5_000, 1));
    } else {
        let written = write_until_it_fails(lab, theirs).await;
        assert!(
            matches!(written, WriteError::Stopped(got) if got == code),
            "{written:?}"
        );
        let read = lab.soon(reader.read_bytes()).await.unwrap_err();
        assert!(matches!(read, ReadError::Stopped), "{read:?}");
    }
}

/// Asserts that both directions of `stream` were reset by the peer.
async fn assert_reset(lab: &Lab, stream: &mut Stream, code: StreamCode) {
    let read = lab.soon(receive(stream)).await.unwrap_err();
    assert!(
        matches!(read, ReadError::Reset(got) if got == code),
        "{read:?}"
    );
    let written = write_until_it_fails(lab, stream).await;
    assert!(
        matches!(written, WriteError::Stopped(got) if got == code),
        "{written:?}"
    );
}

async fn write_until_it_fails(lab: &Lab, stream: &mut Stream) -> WriteError {
    let writing = async {
        loop {
            if let Err(error) = stream.write_all(&[0; 10_000]).await {
                return error;
            }
            lab.sleep(Duration::from_millis(1)).await;
        }
    };
    lab.soon(writing).await
}
