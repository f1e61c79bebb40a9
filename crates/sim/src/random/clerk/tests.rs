//! Tests of what is late.

use sinew_simnet::World;
use sinew_testkit::Seed;

use super::*;
use crate::random::plan::{Fault, HostPlan};

#[test]
fn work_that_ends_at_the_last_moment_is_fine_and_a_moment_later_it_is_late() {
    for (more, late) in [(Duration::ZERO, 0), (Duration::from_nanos(1), 1)] {
        let world = World::new(Seed::new(1));
        let book = Book::new(false, world.progress());
        let clerk = Clerk::new(&plan(), world.progress(), book.clone());

        let ongoing = clerk.begin(job(0, 1));
        world.run_for(NOTICED + more);
        drop(ongoing);

        assert_eq!(book.close().1.len(), late);
    }
}

#[test]
fn time_counts_from_the_end_of_the_last_fault_that_was_in_the_way() {
    let mut plan = plan();
    let lasts = second(50);
    plan.faults = vec![
        fault(10, FaultKind::Partition(1, 0, lasts)),
        fault(20, FaultKind::Partition(1, 2, lasts)),
        fault(30, FaultKind::Crash(2, lasts)),
        fault(35, FaultKind::Away(3, lasts)),
        fault(500, FaultKind::NoUdp(lasts)),
    ];
    let due = |job, ended| due(&plan, &job, second(5), second(ended), Duration::ZERO);

    assert_eq!(due(job(0, 1), 300), second(60) + NOTICED);
    assert_eq!(due(job(2, 0), 300), second(80) + NOTICED);
    assert_eq!(due(job(0, 3), 300), second(85) + NOTICED);
    // It goes on.
    assert_eq!(due(job(0, 1), 30), second(30) + NOTICED);
    assert_eq!(due(job(0, 1), 510), second(510) + NOTICED);
}

#[test]
fn what_is_sent_beside_takes_its_time_and_what_was_over_before_does_not() {
    let letter = Letter {
        len: 1_000_000,
        writer_leaves: None,
        reader_leaves: None,
        reader_waits: Duration::ZERO,
    };
    let work = Work::Burst(2, letter);
    let large = |from, to| Job {
        work,
        ..job(from, to)
    };
    let takes = second(200);
    assert_eq!(effort(work), takes);

    for (beside, is_over, late) in [
        (large(1, 0), false, 0),
        (large(1, 0), true, 1),
        (large(1, 2), false, 1),
    ] {
        let world = World::new(Seed::new(1));
        let book = Book::new(false, world.progress());
        let clerk = Clerk::new(&plan(), world.progress(), book.clone());
        let mut other = Some(clerk.begin(beside));
        if is_over {
            drop(other.take());
            world.run_for(second(1));
        }

        let ongoing = clerk.begin(job(0, 1));
        world.run_for(NOTICED + takes);
        drop(ongoing);

        assert_eq!(book.close().1.len(), late, "{beside:?}, {is_over}");
    }
}

fn plan() -> Plan {
    let host = HostPlan {
        quic: true,
        tcp: true,
    };
    Plan {
        seed: Seed::new(1),
        asked_hosts: None,
        hosts: vec![host; 4],
        link: sinew_simnet::Link::default(),
        jobs: Vec::new(),
        faults: Vec::new(),
        is_tight: false,
    }
}

fn job(from: usize, to: usize) -> Job {
    Job {
        at: Duration::ZERO,
        from,
        to,
        work: Work::Ping,
    }
}

fn fault(at: u64, kind: FaultKind) -> Fault {
    Fault {
        at: second(at),
        kind,
    }
}

fn second(number: u64) -> Duration {
    Duration::from_secs(number)
}
