//! What is read out of the simulator's snapshot.

use super::*;

const SNAPSHOT: &str = "\
| 50 ms | 1.0 / 2.0 |

At 1 Gbit/s and a round trip of 50 ms, with a queue of 1 MiB:

| loss | one stream | eight streams | one, Cubic |
|---|---|---|---|
| 0 % | 405.0 / 440.6 | 890.2 / 948.4 | 405.0 / 440.6 |
| 1 % | 219.0 / 228.1 | 798.8 / 772.7 | 3.5 / 2.9 |

And more:

| loss | other |
";

#[test]
fn finds_one_stream_and_eight_at_one_percent() {
    let loss = Loss::read(SNAPSHOT).unwrap();

    assert_eq!((loss.one, loss.eight), (219.0, 798.8));
    assert_eq!(loss.verdict(), Verdict::Must);
    assert_eq!(loss.table.len(), 4);
}

#[test]
fn says_when_the_must_or_the_aim_is_met() {
    let missed = SNAPSHOT.replace("219.0", "199.9");
    let aim = SNAPSHOT.replace("798.8", "900.0");

    assert!(!Loss::read(&missed).unwrap().holds());
    assert_eq!(Loss::read(&aim).unwrap().verdict(), Verdict::Aim);
}

#[test]
fn refuses_a_snapshot_that_says_nothing_of_it() {
    assert!(Loss::read("| 50 ms | 1.0 / 2.0 |").is_err());
    assert!(Loss::read(&SNAPSHOT.replace("| 1 % |", "| 3 % |")).is_err());
    assert!(Loss::read(&SNAPSHOT.replace("798.8", "–")).is_err());
}

#[test]
fn reads_the_snapshot_that_there_is() {
    let snapshot = include_str!("../../../../crates/sim/snapshots/throughput.md");

    Loss::read(snapshot).unwrap();
}
