//! Who has waited longest comes first.

use quinn_proto::VarInt;

use super::Turns;
use crate::StreamId;

#[test]
fn whoever_waits_longest_is_first_whatever_order_there_is_room_in() {
    let [a, b, c] = [0, 4, 8].map(stream);
    let mut turns = Turns::default();
    [a, b, c].into_iter().for_each(|it| turns.on_refused(it));

    [c, b, a].into_iter().for_each(|it| turns.on_writable(it));

    assert_eq!(polled(&mut turns), [a, b, c]);
}

#[test]
fn whoever_has_written_goes_to_the_end_and_who_has_not_stays() {
    let [a, b, c] = [0, 4, 8].map(stream);
    let mut turns = Turns::default();
    [a, b, c].into_iter().for_each(|it| turns.on_refused(it));

    // There was room for one.
    turns.on_done(a);
    [b, c, a].into_iter().for_each(|it| turns.on_refused(it));
    [a, c, b].into_iter().for_each(|it| turns.on_writable(it));

    assert_eq!(polled(&mut turns), [b, c, a]);
}

#[test]
fn nothing_is_remembered_of_streams_that_are_done() {
    let mut turns = Turns::default();
    for id in 0..100 {
        turns.on_refused(stream(4 * id));
        turns.on_done(stream(4 * id));
    }

    assert!(turns.refused.is_empty());
}

fn stream(id: u32) -> StreamId {
    quinn_proto::StreamId::from(VarInt::from_u32(id)).into()
}

fn polled(turns: &mut Turns) -> Vec<StreamId> {
    std::iter::from_fn(|| turns.poll()).collect()
}
