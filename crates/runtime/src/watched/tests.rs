//! Tests of the value that tasks wait on.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Wake},
};

use futures_util::FutureExt as _;

use super::*;

#[test]
fn who_finds_what_it_wants_does_not_wait() {
    let watched = Watched::new(7);

    let found = watched.wait_for(|value| (*value == 7).then_some("seven"));

    assert_eq!(found.now_or_never(), Some("seven"));
    assert_eq!(watched.get(), 7);
}

#[test]
fn those_who_wait_are_woken_in_the_order_in_which_they_began_to() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let watched = Watched::new(false);
    let wait = || watched.wait_for(|is_done| is_done.then_some(()));
    let mut waits: Vec<_> = (0..20).map(|_| Box::pin(wait())).collect();
    let mut poll = |number: usize| {
        let waker = Waker::from(Arc::new(Note(number, order.clone())));
        let wait = waits[number].as_mut();
        wait.poll(&mut Context::from_waker(&waker)).is_ready()
    };
    for number in [3, 1, 2] {
        assert!(!poll(number));
    }
    // Asking again does not cost one's place.
    assert!(!poll(3));

    watched.set(true);

    assert_eq!(*order.lock().unwrap(), [3, 1, 2]);
    assert!(poll(3));
}

#[test]
fn a_change_that_is_none_wakes_nobody() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let watched = Watched::new(1);
    let mut wait = pin!(watched.wait_for(|value| (*value == 2).then_some(())));
    let waker = Waker::from(Arc::new(Note(0, order.clone())));
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );

    assert_eq!(watched.change(|_| None::<()>), None);
    assert!(order.lock().unwrap().is_empty());

    assert_eq!(
        watched.change(|value| Some(mem::replace(value, 2))),
        Some(1)
    );
    assert_eq!(*order.lock().unwrap(), [0]);
}

#[test]
fn who_gives_up_leaves_nothing_behind() {
    let watched = Watched::new(false);
    let mut wait = Box::pin(watched.wait_for(|is_done| is_done.then_some(())));
    assert!(wait.as_mut().now_or_never().is_none());
    assert_eq!(watched.lock().waiting.len(), 1);

    drop(wait);

    assert!(watched.lock().waiting.is_empty());
}

/// Writes its number down when it is woken.
struct Note(usize, Arc<Mutex<Vec<usize>>>);

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}
