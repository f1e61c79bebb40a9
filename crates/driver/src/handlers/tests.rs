//! Tests of the handlers.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use sinew_runtime::Runtime;

use super::{ENDED_IN_ONE_TURN, Handlers};

fn turn(handlers: &mut Handlers) {
    handlers.poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::test]
async fn polls_a_handler_within_the_turn_in_which_it_is_pushed() {
    let ran = Arc::new(AtomicBool::new(false));
    let mut handlers = Handlers::new(Runtime::tokio());
    handlers.push(Box::pin({
        let ran = ran.clone();
        async move { ran.store(true, Ordering::SeqCst) }
    }));

    turn(&mut handlers);

    assert!(ran.load(Ordering::SeqCst));
    assert!(handlers.is_empty());
}

#[tokio::test]
async fn a_handler_that_panics_harms_no_other() {
    let ran = Arc::new(AtomicBool::new(false));
    let mut handlers = Handlers::new(Runtime::tokio());
    handlers.push(Box::pin(async { panic!("a handler's own fault") }));
    handlers.push(Box::pin({
        let ran = ran.clone();
        async move { ran.store(true, Ordering::SeqCst) }
    }));

    turn(&mut handlers);

    assert!(ran.load(Ordering::SeqCst));
    assert!(handlers.is_empty());
}

#[tokio::test]
async fn a_handler_whose_remains_panic_harms_no_other() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("a handler's own fault");
            }
        }
    }
    let ran = Arc::new(AtomicBool::new(false));
    let mut handlers = Handlers::new(Runtime::tokio());
    let bomb = Bomb;
    // It is dropped with the future, not by it.
    handlers.push(Box::pin(poll_fn(move |_| {
        let _held = &bomb;
        Poll::Ready(())
    })));
    handlers.push(Box::pin({
        let ran = ran.clone();
        async move { ran.store(true, Ordering::SeqCst) }
    }));

    turn(&mut handlers);

    assert!(ran.load(Ordering::SeqCst));
    assert!(handlers.is_empty());
}

#[tokio::test]
async fn a_slow_handler_is_moved_to_a_task_and_completes_there() {
    let (done, waiting) = tokio::sync::oneshot::channel();
    let mut handlers = Handlers::new(Runtime::tokio());
    let mut polls = 0;
    let mut done = Some(done);
    handlers.push(Box::pin(poll_fn(move |cx| {
        polls += 1;
        if polls == 1 {
            std::thread::sleep(Duration::from_millis(5));
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        done.take().unwrap().send(()).unwrap();
        Poll::Ready(())
    })));

    turn(&mut handlers);

    assert!(handlers.is_empty());
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_flood_of_handlers_lets_the_turn_end() {
    let ran = Arc::new(AtomicUsize::new(0));
    let mut handlers = Handlers::new(Runtime::tokio());
    for _ in 0..=ENDED_IN_ONE_TURN {
        let ran = ran.clone();
        handlers.push(Box::pin(async move {
            ran.fetch_add(1, Ordering::SeqCst);
        }));
    }

    turn(&mut handlers);
    assert!(!handlers.is_empty());
    while !handlers.is_empty() {
        turn(&mut handlers);
    }

    assert_eq!(ran.load(Ordering::SeqCst), ENDED_IN_ONE_TURN + 1);
}
