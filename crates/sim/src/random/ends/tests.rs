//! Tests of the last checks: they object to what is not given back.

use std::future::pending;

use sinew::Stream;
use sinew_simnet::Link;
use sinew_testkit::Seed;

use super::*;
use crate::random::{echo, plan::HostPlan};

#[test]
fn nothing_is_wrong_with_hosts_that_keep_nothing() {
    let violations = after(async |_, hosts| drop(open(hosts).await));

    assert_eq!(violations, []);
}

#[test]
fn a_stream_that_an_application_forgot_is_found_on_both_hosts() {
    let mut kept = None;

    let violations = after(async |_, hosts| kept = Some(open(hosts).await));

    for host in 0..2 {
        let is_found = violations.iter().any(|it| {
            matches!(it, Violation::Held { host: it, what }
                if *it == host && what.contains("when all work is done"))
        });
        assert!(is_found, "host {host}: {violations:?}");
    }
}

#[test]
fn streams_that_use_up_the_credit_are_found() {
    let mut kept = Vec::new();

    let violations = after(async |_, hosts| {
        for _ in 0..100 {
            kept.push(open(hosts).await);
        }
    });

    let is_found = violations.iter().any(
        |it| matches!(it, Violation::NoCredit { host: 0, opened, .. } if *opened == 256 - 100),
    );
    assert!(is_found, "{violations:?}");
}

#[test]
fn a_task_that_goes_on_is_found() {
    let violations = after(async |_, hosts| hosts.node(1).spawn("leaked", pending()));

    let what = r#"0 sockets and the tasks ["leaked"]"#.to_owned();
    assert_eq!(violations, [Violation::Held { host: 1, what }]);
}

#[test]
fn a_timer_that_is_still_to_fire_is_found() {
    let violations = after(async |world, hosts| {
        let runtime = hosts.node(1).runtime();
        let mut sleeping = Box::pin(async move { runtime.sleep(10 * KERNEL_GIVES_UP).await });
        let waker = std::task::Waker::noop();
        let mut cx = std::task::Context::from_waker(waker);
        let is_over = sleeping.as_mut().poll(&mut cx).is_ready();
        assert!(!is_over);
        // It is due although nobody will ever ask.
        std::mem::forget(sleeping);
        world.sleep(Duration::ZERO).await;
    });

    assert_eq!(violations, [Violation::Due { count: 1 }]);
}

/// Returns what is wrong with two hosts that are connected at the end, when something has happened to them.
fn after(happens: impl AsyncFnOnce(&World, &Hosts)) -> Vec<Violation> {
    let world = World::new(Seed::new(1));
    let listens = HostPlan {
        quic: true,
        tcp: false,
    };
    let plan = Plan {
        seed: Seed::new(1),
        asked_hosts: None,
        hosts: vec![listens; 2],
        link: Link::with_delay(Duration::from_millis(10)),
        jobs: Vec::new(),
        faults: Vec::new(),
        is_tight: false,
    };
    world.set_default_link(plan.link);
    let book = Book::new(false, world.progress());
    let hosts = Hosts::new(&world, &plan, book.clone());
    world.block_on(async {
        hosts.start(0).await;
        hosts.start(1).await;
        everybody_can_talk(&world, &hosts, &plan, &book).await;
        happens(&world, &hosts).await;
        everything_is_given_back(&world, &hosts, &book).await;
    });
    let reports = book.close().1.into_iter();
    reports.map(|report| report.violation).collect()
}

async fn open(hosts: &Hosts) -> Stream {
    let host = hosts.get(0).unwrap();
    let stream = host.open_stream(hosts.peer(1), echo::PROTOCOL).await;
    let mut stream = stream.unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.read_exact(&mut [0; 5]).await.unwrap();
    stream
}
