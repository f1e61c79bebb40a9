//! Tests of the hand-over.

#[cfg(not(sinew_loom))]
mod ordinary {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Context, Wake, Waker},
    };

    use super::super::{Marks, Turn};

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn wakes_a_parked_shard_once_however_many_marks_are_made() {
        let (marks, woken) = (Marks::new(), Arc::new(Counter::default()));
        let waker = Waker::from(woken.clone());
        marks.begin_turn(&Context::from_waker(&waker));
        assert!(!marks.end_turn());

        marks.push(1);
        marks.push(2);

        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(marks.begin_turn(&Context::from_waker(&waker)), Turn::Marked);
        let mut taken = Vec::new();
        marks.take(&mut taken);
        assert_eq!(taken, [1, 2]);
    }

    #[test]
    fn asks_for_another_turn_instead_of_a_wake_up_for_a_mark_made_during_a_turn() {
        let (marks, woken) = (Marks::new(), Arc::new(Counter::default()));
        let waker = Waker::from(woken.clone());
        marks.begin_turn(&Context::from_waker(&waker));

        marks.push(1);

        assert!(marks.end_turn());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn tells_a_turn_that_nobody_marked_from_one_that_was() {
        let (marks, waker) = (Marks::<u8>::new(), Waker::noop());
        marks.begin_turn(&Context::from_waker(waker));
        marks.end_turn();

        assert_eq!(marks.begin_turn(&Context::from_waker(waker)), Turn::Driven);
    }
}

/// Run with `RUSTFLAGS="--cfg sinew_loom" cargo test -p sinew-driver --lib --release loom`.
#[cfg(sinew_loom)]
mod loom {
    use std::{future::poll_fn, task::Poll};

    use ::loom::{future::block_on, model::Builder, sync::Arc, thread};

    use super::super::Marks;

    /// Every order in which threads can run, with at most this many preemptions in each. Without the bound a
    /// run takes hours; lost wake-ups need one or two.
    const PREEMPTIONS: usize = 3;

    fn model(check: impl Fn() + Sync + Send + 'static) {
        let mut builder = Builder::new();
        builder.preemption_bound = Some(PREEMPTIONS);
        builder.check(check);
    }

    /// Runs turns until `wanted` marks were seen; hangs, which loom reports, if one is lost.
    fn run_shard(marks: &Marks<u8>, wanted: usize) {
        let mut seen = Vec::new();
        block_on(poll_fn(|cx| {
            marks.begin_turn(cx);
            loop {
                marks.take(&mut seen);
                if seen.len() == wanted {
                    return Poll::Ready(());
                }
                if !marks.end_turn() {
                    return Poll::Pending;
                }
                marks.begin_turn(cx);
            }
        }));
    }

    #[test]
    fn loom_sees_every_mark_of_one_task() {
        model(|| {
            let marks = Arc::new(Marks::new());
            let task = thread::spawn({
                let marks = marks.clone();
                move || {
                    marks.push(1);
                    marks.push(2);
                }
            });

            run_shard(&marks, 2);

            task.join().unwrap();
        });
    }

    #[test]
    fn loom_sees_every_mark_of_two_tasks() {
        model(|| {
            let marks = Arc::new(Marks::new());
            let tasks: Vec<_> = (0..2)
                .map(|mark| {
                    let marks = marks.clone();
                    thread::spawn(move || marks.push(mark))
                })
                .collect();

            run_shard(&marks, 2);

            for task in tasks {
                task.join().unwrap();
            }
        });
    }
}
