//! Turns and priorities.

use super::*;

const A: StreamId = StreamId::new(1);
const B: StreamId = StreamId::new(3);
const C: StreamId = StreamId::new(5);

fn order(schedule: &mut Schedule) -> Vec<(StreamId, bool)> {
    std::iter::from_fn(|| schedule.pop()).collect()
}

#[test]
fn streams_of_one_priority_take_turns() {
    let mut schedule = Schedule::default();
    schedule.push_back(0, A);
    schedule.push_back(0, B);

    assert_eq!(schedule.pop(), Some((A, true)));
    schedule.push_back(0, A);
    assert_eq!(schedule.pop(), Some((B, true)));
    schedule.push_front(0, B);

    assert_eq!(order(&mut schedule), [(B, true), (A, false)]);
    assert!(schedule.is_empty());
}

#[test]
fn the_higher_priority_goes_first() {
    let mut schedule = Schedule::default();
    schedule.push_back(-1, A);
    schedule.push_back(0, B);
    schedule.push_back(i32::MAX, C);

    assert_eq!(order(&mut schedule), [(C, false), (B, false), (A, false)]);
    assert_eq!(schedule.levels.len(), 1, "only the usual level stays");
}

#[test]
fn a_stream_can_change_its_place() {
    let mut schedule = Schedule::default();
    schedule.push_back(0, A);
    schedule.push_back(0, B);

    for priority in 0..10 {
        schedule.remove(priority, B);
        schedule.push_back(priority + 1, B);
    }
    assert_eq!(schedule.levels.len(), 2);

    assert_eq!(order(&mut schedule), [(B, false), (A, false)]);
}
