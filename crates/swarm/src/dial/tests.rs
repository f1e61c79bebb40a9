//! The hub forgets an attempt however it ends.

use std::sync::Arc;

use futures_util::{FutureExt, future::join_all};
use sinew_identity::{Keypair, PeerId};
use sinew_multiaddr::Address;
use sinew_runtime::Runtime;
use sinew_transport::{Dial, Listener, OpenGate, Transport, memory::MemoryNetwork};

use super::DialKey;
use crate::{Config, SwarmParameters, hub::Hub};

fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

/// A hub without runner, and somebody who listens.
async fn hub_and_listener() -> (Arc<Hub>, Box<dyn Listener>, MemoryNetwork) {
    let network = MemoryNetwork::new(Runtime::tokio());
    let transport: Arc<dyn Transport> = Arc::new(network.transport(peer(1)));
    let hub = Hub::new(SwarmParameters {
        local_peer: peer(1),
        transports: vec![transport],
        resolver: None,
        runtime: Runtime::tokio(),
        config: Config::default(),
    });
    let listener = network
        .transport(peer(2))
        .listen(Address::memory(0), Arc::new(OpenGate))
        .await
        .unwrap();
    (Arc::new(hub), listener, network)
}

/// Makes `listener` so busy that further dials wait.
async fn fill(network: &MemoryNetwork, listener: &dyn Listener) {
    for _ in 0..1000 {
        let dial = network
            .transport(peer(3))
            .dial(Dial::new(listener.address()));
        if dial.now_or_never().is_none() {
            return;
        }
    }
    panic!("the listener takes everybody");
}

#[tokio::test]
async fn an_attempt_that_all_callers_gave_up_is_forgotten() {
    let (hub, listener, network) = hub_and_listener().await;
    fill(&network, &*listener).await;
    let connect = || hub.connect(DialKey::Peer(peer(2)), vec![listener.address()]);
    let mut callers = [Box::pin(connect()), Box::pin(connect())];
    for caller in &mut callers {
        assert!(caller.as_mut().now_or_never().is_none());
    }
    assert_eq!(hub.lock().dials.len(), 1);

    drop(callers);

    assert_eq!(hub.lock().dials.len(), 0);
    assert_eq!(
        hub.dial_slots.available_permits(),
        hub.config.dial_concurrency
    );
}

#[tokio::test]
async fn an_attempt_that_succeeded_or_failed_is_forgotten() {
    let (hub, listener, _network) = hub_and_listener().await;

    let found = hub.connect(DialKey::Peer(peer(2)), vec![listener.address()]);
    let missed = hub.connect(DialKey::Peer(peer(4)), vec![Address::memory(900)]);
    found.await.unwrap();
    missed.await.unwrap_err();

    assert_eq!(hub.lock().dials.len(), 0);
}

#[tokio::test]
async fn what_an_attempt_can_be_made_to_look_at_is_bounded() {
    let (hub, listener, network) = hub_and_listener().await;
    fill(&network, &*listener).await;

    let callers: Vec<_> = (0..100_u64)
        .map(|caller| {
            let ports = (0..50).map(|port| Address::memory(1000 + caller * 50 + port));
            let addresses = [listener.address()].into_iter().chain(ports).collect();
            hub.connect(DialKey::Peer(peer(2)), addresses)
        })
        .collect();
    assert!(join_all(callers).now_or_never().is_none());

    let state = hub.lock();
    let waiting: usize = state.dials.values().map(|it| it.inbox.len()).sum();
    assert!(waiting <= hub.config.max_addresses_per_dial);
}
