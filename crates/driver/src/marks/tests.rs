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
    fn asks_for_another_turn_when_somebody_rang_after_the_shard_had_listened() {
        let marks = Marks::<u8>::new();
        marks.begin_turn(&Context::from_waker(Waker::noop()));

        marks.ring();
        marks.hush();
        assert!(!marks.end_turn());

        marks.begin_turn(&Context::from_waker(Waker::noop()));
        marks.ring();
        assert!(marks.end_turn());
    }

    #[test]
    fn tells_a_ring_from_a_mark() {
        let marks = Marks::new();
        marks.begin_turn(&Context::from_waker(Waker::noop()));

        marks.push(1);
        assert!(!marks.has_rung());
        marks.ring();
        assert!(marks.has_rung());
    }

    #[test]
    fn keeps_nothing_once_it_is_closed() {
        let (marks, mark) = (Marks::new(), Arc::new(()));
        marks.push(mark.clone());

        marks.close();
        marks.push(mark.clone());

        assert_eq!(Arc::strong_count(&mark), 1);
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

    use ::loom::{
        future::block_on,
        model::Builder,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread,
    };

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
    fn loom_answers_a_ring_with_a_turn() {
        model(|| {
            let marks = Arc::new(Marks::<u8>::new());
            let is_due = Arc::new(AtomicBool::new(false));
            let task = thread::spawn({
                let (marks, is_due) = (marks.clone(), is_due.clone());
                move || {
                    is_due.store(true, Ordering::Release);
                    marks.ring();
                }
            });

            block_on(poll_fn(|cx| {
                loop {
                    marks.begin_turn(cx);
                    marks.hush();
                    if is_due.load(Ordering::Acquire) {
                        return Poll::Ready(());
                    }
                    if !marks.end_turn() {
                        return Poll::Pending;
                    }
                }
            }));

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
