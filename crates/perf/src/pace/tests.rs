//! Tests of when work is given up, and of who else has a turn.

use std::{cell::Cell, future::poll_fn, task::Poll, time::Duration};

use sinew_runtime::Runtime;
use tokio::time::{self, Instant};

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn work_that_stands_still_is_given_up_after_the_limit() {
    let started = Instant::now();
    let mut pace = Pace::new(&Runtime::tokio(), LIMIT);

    let step = pace.step(|_| Poll::<()>::Pending).await;

    assert_eq!(step, Err(Stalled { limit: LIMIT }));
    assert_eq!(started.elapsed(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn work_that_moves_now_and_then_is_never_given_up() {
    let mut pace = Pace::new(&Runtime::tokio(), LIMIT);

    for _ in 0..100 {
        let mut sleep = std::pin::pin!(time::sleep(LIMIT - Duration::from_millis(1)));
        let step = pace.step(|cx| sleep.as_mut().poll(cx)).await;

        assert_eq!(step, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_movement_is_noticed_within_twice_the_limit() {
    let mut pace = Pace::new(&Runtime::tokio(), LIMIT);
    time::sleep(Duration::from_secs(1)).await;
    pace.step(|_| Poll::Ready(())).await.unwrap();
    let last = Instant::now();

    pace.step(|_| Poll::<()>::Pending).await.unwrap_err();

    assert!(last.elapsed() >= LIMIT && last.elapsed() <= 2 * LIMIT);
}

#[tokio::test(start_paused = true)]
async fn work_that_never_waits_lets_others_have_their_turn() {
    let turns = Cell::new(0);
    let endless = async {
        let mut pace = Pace::new(&Runtime::tokio(), LIMIT);
        loop {
            pace.step(|_| Poll::Ready(())).await.unwrap();
        }
    };
    let other = poll_fn(|cx| {
        turns.set(turns.get() + 1);
        cx.waker().wake_by_ref();
        if turns.get() == 10 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });

    tokio::select! {
        () = endless => unreachable!("it has no end"),
        () = other => {}
    }

    assert_eq!(turns.get(), 10);
}
