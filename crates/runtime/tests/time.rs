//! Timers and time limits on tokio.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use sinew_runtime::{Elapsed, Runtime, Timer};

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_not_set_never_expires() {
    let mut timer = Runtime::tokio().clock().timer();

    assert!(is_pending_for_an_hour(&mut timer).await);
}

#[test]
fn a_timer_can_be_made_outside_a_runtime() {
    let mut timer = Runtime::tokio().clock().timer();
    let mut cx = Context::from_waker(Waker::noop());

    timer.set(None);

    assert!(timer.poll_expired(&mut cx).is_pending());
}

#[tokio::test(start_paused = true)]
async fn a_timer_is_never_early() {
    let runtime = Runtime::tokio();
    let mut timer = runtime.clock().timer();
    let deadline = runtime.now() + Duration::from_micros(1_234_567);

    timer.set(Some(deadline));
    expired(&mut timer).await;

    assert!(runtime.now() >= deadline);
    // tokio's timers tick in milliseconds.
    assert!(runtime.now() <= deadline + Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_past_has_expired() {
    let runtime = Runtime::tokio();
    let mut timer = runtime.clock().timer();
    let past = runtime.now();
    runtime.sleep(Duration::from_secs(1)).await;

    timer.set(Some(past));
    let before = runtime.now();
    expired(&mut timer).await;

    assert_eq!(runtime.now(), before);
}

#[tokio::test(start_paused = true)]
async fn an_expired_timer_is_clear_until_it_is_set_again() {
    let runtime = Runtime::tokio();
    let mut timer = runtime.clock().timer();
    let deadline = runtime.now() + Duration::from_secs(1);
    timer.set(Some(deadline));
    expired(&mut timer).await;

    assert!(is_pending_for_an_hour(&mut timer).await);
    timer.set(Some(deadline));
    expired(&mut timer).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_can_be_moved_either_way() {
    let runtime = Runtime::tokio();
    let mut timer = runtime.clock().timer();
    let start = runtime.now();

    timer.set(Some(start + Duration::from_secs(60)));
    assert!(once(&mut timer).await.is_pending());
    timer.set(Some(start + Duration::from_secs(10)));
    expired(&mut timer).await;
    let after_earlier = runtime.now() - start;

    timer.set(Some(start + Duration::from_secs(20)));
    assert!(once(&mut timer).await.is_pending());
    timer.set(Some(start + Duration::from_secs(30)));
    expired(&mut timer).await;
    let after_later = runtime.now() - start;

    assert_eq!(after_earlier.as_secs(), 10);
    assert_eq!(after_later.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_cleared_deadline_does_not_expire() {
    let runtime = Runtime::tokio();
    let mut timer = runtime.clock().timer();
    timer.set(Some(runtime.now() + Duration::from_secs(1)));
    assert!(once(&mut timer).await.is_pending());

    timer.set(None);

    assert!(is_pending_for_an_hour(&mut timer).await);
}

#[tokio::test(start_paused = true)]
async fn a_sleep_too_long_for_the_clock_does_not_end() {
    let runtime = Runtime::tokio();

    let outcome = runtime
        .timeout(Duration::from_secs(3_600), runtime.sleep(Duration::MAX))
        .await;

    assert!(outcome.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_ready_beats_a_limit_of_nothing() {
    let outcome = Runtime::tokio().timeout(Duration::ZERO, async { 7 }).await;

    assert_eq!(outcome, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_future_is_dropped_when_its_limit_passes() {
    let runtime = Runtime::tokio();
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = SetWhenDropped(dropped.clone());
    let limit = Duration::from_secs(5);

    let outcome = runtime
        .timeout(limit, async move {
            std::future::pending::<()>().await;
            drop(guard);
        })
        .await;

    assert_eq!(outcome, Err(Elapsed(limit)));
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_busy_future_cannot_outlive_its_limit() {
    let busy = async {
        loop {
            tokio::task::coop::consume_budget().await;
        }
    };

    let outcome: Result<(), _> = Runtime::tokio()
        .timeout(Duration::from_millis(5), busy)
        .await;

    assert!(outcome.is_err());
}

struct SetWhenDropped(Arc<AtomicBool>);

impl Drop for SetWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

async fn expired(timer: &mut Box<dyn Timer>) {
    poll_fn(|cx| timer.poll_expired(cx)).await;
}

async fn once(timer: &mut Box<dyn Timer>) -> Poll<()> {
    poll_fn(|cx| Poll::Ready(timer.poll_expired(cx))).await
}

async fn is_pending_for_an_hour(timer: &mut Box<dyn Timer>) -> bool {
    Runtime::tokio()
        .timeout(Duration::from_secs(3_600), expired(timer))
        .await
        .is_err()
}
