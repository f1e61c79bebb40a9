//! Tasks and time.

use std::{
    sync::{Arc, Mutex},
    task::Poll,
    time::{Duration, Instant},
};

use sinew_runtime::Runtime;
use sinew_simnet::World;
use sinew_testkit::Seed;

use crate::udp::{bind, to_socket};

#[test]
fn an_hour_of_waiting_passes_at_once_and_exactly() {
    let world = World::new(Seed::new(1));
    let real = Instant::now();

    world.run_for(Duration::from_secs(3600) + Duration::from_nanos(7));

    assert_eq!(
        world.elapsed(),
        Duration::from_secs(3600) + Duration::from_nanos(7)
    );
    assert!(real.elapsed() < Duration::from_secs(3600));
}

#[test]
fn tasks_run_in_the_order_in_which_they_were_woken() {
    let world = World::new(Seed::new(1));
    let node = world.node("alice");
    let order = Arc::new(Mutex::new(Vec::new()));
    for number in 0..3 {
        let (order, runtime) = (order.clone(), node.runtime());
        node.spawn("counter", async move {
            order.lock().unwrap().push(number);
            // The later ones wait for less.
            runtime.sleep(Duration::from_millis(30 - 10 * number)).await;
            order.lock().unwrap().push(number);
            yield_once().await;
            order.lock().unwrap().push(number);
        });
    }

    world.run_for(Duration::from_secs(1));

    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 2, 2, 1, 1, 0, 0]);
}

#[test]
fn a_yielding_task_lets_every_other_one_run_first() {
    let world = World::new(Seed::new(1));
    let node = world.node("alice");
    let order = Arc::new(Mutex::new(Vec::new()));
    let (first, runtime) = (order.clone(), node.runtime());
    node.spawn("yields", async move {
        let mut has_yielded = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut has_yielded, true) {
                return Poll::Ready(());
            }
            runtime.spawner().wake_after_others(cx);
            Poll::Pending
        })
        .await;
        first.lock().unwrap().push("yielded");
    });
    let second = order.clone();
    node.spawn("other", async move { second.lock().unwrap().push("other") });

    world.run_for(Duration::from_secs(1));

    assert_eq!(*order.lock().unwrap(), ["other", "yielded"]);
}

#[test]
fn a_deadlock_is_told_with_the_tasks_that_wait() {
    let world = World::new(Seed::new(77));
    let node = world.node("alice");
    node.spawn("waits for ever", std::future::pending());

    let stuck = world
        .try_block_on(std::future::pending::<()>())
        .unwrap_err();

    assert!(stuck.is_deadlock());
    let waiting: Vec<_> = stuck.waiting().collect();
    assert_eq!(waiting, [("alice", "waits for ever")]);
    assert!(
        stuck.to_string().contains("alice/waits for ever"),
        "{stuck}"
    );
    assert!(stuck.to_string().contains("seed 77"), "{stuck}");
}

#[test]
fn what_never_ends_ends_at_the_time_limit() {
    let world = World::new(Seed::new(1));
    let node = world.node("alice");
    let runtime = node.runtime();
    node.spawn("ticks", tick(runtime));
    world.set_time_limit(Duration::from_secs(60));

    let stuck = world
        .try_block_on(std::future::pending::<()>())
        .unwrap_err();

    assert!(!stuck.is_deadlock());
    assert_eq!(world.elapsed(), Duration::from_secs(60));
}

#[test]
fn tasks_that_wake_each_other_for_ever_are_told_apart_from_a_deadlock() {
    let world = World::new(Seed::new(1));
    let node = world.node("alice");
    node.spawn("spins", async {
        loop {
            yield_once().await;
        }
    });

    let stuck = world
        .try_block_on(std::future::pending::<()>())
        .unwrap_err();

    assert!(!stuck.is_deadlock());
    assert_eq!(world.elapsed(), Duration::ZERO);
    assert!(stuck.to_string().contains("alice/spins"), "{stuck}");
}

#[test]
fn a_timer_that_is_moved_fires_once_at_its_last_deadline() {
    let world = World::new(Seed::new(1));
    let clock = world.runtime().clock().clone();

    world.block_on(async {
        let mut timer = clock.timer();
        timer.set(Some(clock.now() + Duration::from_secs(1)));
        assert!(std::future::poll_fn(|cx| Poll::Ready(timer.poll_expired(cx).is_pending())).await);
        timer.set(Some(clock.now() + Duration::from_secs(2)));
        std::future::poll_fn(|cx| timer.poll_expired(cx)).await;
        assert_eq!(world.elapsed(), Duration::from_secs(2));
        assert!(std::future::poll_fn(|cx| Poll::Ready(timer.poll_expired(cx).is_pending())).await);
    });

    let nothing = world
        .try_block_on(std::future::pending::<()>())
        .unwrap_err();
    assert!(nothing.is_deadlock());
}

#[test]
fn a_limit_passes_exactly_when_it_should() {
    let world = World::new(Seed::new(1));

    let elapsed =
        world.block_on(world.timeout(Duration::from_micros(1_500), std::future::pending::<()>()));

    assert!(elapsed.is_err());
    assert_eq!(world.elapsed(), Duration::from_micros(1_500));
}

#[test]
fn a_world_that_is_dropped_drops_its_tasks() {
    let world = World::new(Seed::new(1));
    let node = world.node("alice");
    let held = Arc::new(());
    let (inside, runtime) = (held.clone(), node.runtime());
    node.spawn("holds", async move {
        runtime.sleep(Duration::from_secs(3600)).await;
        drop(inside);
    });
    world.run_for(Duration::from_secs(1));
    assert_eq!(Arc::strong_count(&held), 2);

    drop(world);

    assert_eq!(Arc::strong_count(&held), 1);
}

async fn tick(runtime: Runtime) {
    loop {
        runtime.sleep(Duration::from_secs(1)).await;
    }
}

async fn yield_once() {
    let mut has_yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn what_is_due_counts_timers_until_they_are_dropped_and_packets_until_they_arrive() {
    let world = World::new(Seed::new(1));
    let (alice, bob) = (world.node("alice"), world.node("bob"));
    let (from, to) = (bind(&alice, 0), bind(&bob, 0));
    assert_eq!(world.due(), 0);

    let runtime = alice.runtime();
    let waiting = alice.start("waiting", async move {
        let hour = runtime.sleep(Duration::from_secs(3600));
        let second = runtime.sleep(Duration::from_secs(1));
        futures_util::future::select(hour, second).await;
    });
    world.run_for(Duration::from_millis(1));
    assert_eq!(world.due(), 2);
    from.try_send(&to_socket(&to, b"hello")).unwrap();
    assert_eq!(world.due(), 3);

    world.block_on(waiting).unwrap();
    assert_eq!(world.due(), 0);
    assert_eq!(world.progress().step().packets, 1);
    assert_eq!(world.progress().step().to_string(), "at 1.000 s, packet 1");
}
