//! Long silences, which take no time here.

use std::time::{Duration, Instant};

use crate::fixture::{apart, echo, start};

#[test]
fn an_idle_day_passes_in_moments_and_the_connection_is_still_there() {
    let (world, alice, bob) = apart();
    let real = Instant::now();

    world.block_on(async {
        let (ours, theirs) = (start(&alice).await, start(&bob).await);
        let peer = ours.connect(theirs.listen_addresses().remove(0)).await;
        let peer = peer.unwrap();
        world.sleep(Duration::from_secs(60)).await;
        let (tasks, before) = (world.tasks(), world.traffic().sent);

        world.sleep(Duration::from_secs(23 * 3600)).await;

        assert_eq!(world.tasks(), tasks);
        // A ping and its acknowledgement from each side, at most every ten seconds.
        let sent = world.traffic().sent - before;
        assert!(sent <= 4 * 23 * 360, "{sent} packets were sent");
        assert_eq!(echo(&ours, peer, b"still there?").await, b"still there?");
        assert_eq!(ours.connections().len(), 1);
    });

    eprintln!("a virtual day took {:?}", real.elapsed());
}
