//! No host has more than its limits allow: counted here, and not by whoever enforces them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sinew::{ConnectionId, Direction, Events, Host};

use super::{
    book::{Book, Violation},
    hosts::Hosts,
};

/// The streams that applications hold, counted by them. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Census(Arc<Mutex<BTreeMap<Place, u32>>>);

/// A host, one of its connections, and whether the peer opened the streams.
type Place = (usize, ConnectionId, bool);

/// One stream that an application holds. To be dropped no later than the stream.
pub(super) struct Held {
    census: Census,
    place: Place,
}

impl Census {
    /// Counts a stream, and says how many there are with it.
    pub(super) fn enter(
        &self,
        host: usize,
        connection: ConnectionId,
        direction: Direction,
    ) -> (Held, u32) {
        let place = (host, connection, direction == Direction::Inbound);
        let mut streams = self.lock();
        let count = streams.entry(place).or_default();
        *count += 1;
        let count = *count;
        drop(streams);
        let census = self.clone();
        (Held { census, place }, count)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut streams = self.census.lock();
        if let Some(count) = streams.get_mut(&self.place) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.place);
            }
        }
    }
}

/// Counts a stream that an application got, and objects when it is one too many.
pub(super) fn enter(
    hosts: &Hosts,
    host: usize,
    connection: ConnectionId,
    direction: Direction,
    book: &Book,
) -> Held {
    let (held, count) = hosts.census().enter(host, connection, direction);
    if let Some(running) = hosts.get(host) {
        let limits = running.config().limits;
        let (what, maximum) = match direction {
            Direction::Inbound => (
                "inbound streams of one connection",
                limits.max_inbound_streams_per_connection,
            ),
            Direction::Outbound => (
                "outbound streams of one connection",
                limits.max_outbound_streams_per_connection,
            ),
        };
        compare(host, &[(what, count.into(), maximum.into())], book);
    }
    held
}

/// Looks at a host whenever one of its connections begins or ends, until it shuts down.
pub(super) async fn inspect(mut events: Events, hosts: Hosts, host: usize, book: Book) {
    while events.next().await.is_some() {
        check(&hosts, host, &book);
        // A further connection with a peer takes the place of the oldest, which is closed at that moment.
        let supplanted = supplanted(&hosts, host);
        if supplanted.is_empty() {
            continue;
        }
        hosts.node(host).runtime().sleep(MOMENT).await;
        let Some(running) = hosts.get(host) else {
            continue;
        };
        for connection in running.connections() {
            if supplanted.contains(&connection.id) {
                let what = format!("{} is beside those of its peer", connection.id);
                book.violated(Violation::OverLimit { host, what });
            }
        }
    }
}

/// Returns the oldest connections of those peers that have too many.
fn supplanted(hosts: &Hosts, host: usize) -> Vec<ConnectionId> {
    let Some(host) = hosts.get(host) else {
        return Vec::new();
    };
    let maximum = host.config().limits.max_connections_per_peer as usize;
    let mut peers = BTreeMap::<_, Vec<_>>::new();
    for connection in host.connections() {
        let ids = peers.entry(connection.peer).or_default();
        ids.push(connection.id);
    }
    let too_many = peers.into_values().filter(|ids| ids.len() > maximum);
    too_many
        .flat_map(|mut ids| {
            ids.truncate(ids.len() - maximum);
            ids
        })
        .collect()
}

/// Compares what a host has with what it may have.
pub(super) fn check(hosts: &Hosts, number: usize, book: &Book) {
    if let Some(host) = hosts.get(number) {
        compare(number, &connections(&host), book);
        compare(number, &ledger(&host), book);
    }
}

/// What, how much there is, and how much there may be.
type Bound = (&'static str, u64, u64);

fn compare(host: usize, bounds: &[Bound], book: &Book) {
    for (what, is, maximum) in bounds {
        if is > maximum {
            let what = format!("{is} of {maximum} {what}");
            book.violated(Violation::OverLimit { host, what });
        }
    }
}

/// Counts the connections that there are, one by one.
fn connections(host: &Host) -> Vec<Bound> {
    let (limits, connections) = (host.config().limits, host.connections());
    let (mut inbound, mut outbound) = (0u64, 0u64);
    let mut streams = 0u64;
    for connection in &connections {
        match connection.direction {
            Direction::Inbound => inbound += 1,
            Direction::Outbound => outbound += 1,
        }
        streams = streams.max(connection.open_streams.into());
    }
    let (usage, all) = (host.swarm().usage(), inbound + outbound);
    let streams_allowed = u64::from(limits.max_inbound_streams_per_connection)
        + u64::from(limits.max_outbound_streams_per_connection);
    vec![
        (
            "inbound connections",
            inbound,
            limits.max_inbound_connections.into(),
        ),
        (
            "outbound connections",
            outbound,
            limits.max_outbound_connections.into(),
        ),
        ("connections", all, limits.max_connections.into()),
        ("streams of one connection", streams, streams_allowed),
        // What is not counted cannot be limited.
        (
            "inbound connections that are counted",
            inbound,
            usage.inbound_connections.into(),
        ),
        (
            "outbound connections that are counted",
            outbound,
            usage.outbound_connections.into(),
        ),
    ]
}

/// What only the host itself can count: what is not finished yet.
fn ledger(host: &Host) -> Vec<Bound> {
    let (usage, limits) = (host.swarm().usage(), host.config().limits);
    let all = u64::from(usage.inbound_connections) + u64::from(usage.outbound_connections);
    vec![
        (
            "inbound connections and handshakes",
            usage.inbound_connections.into(),
            limits.max_inbound_connections.into(),
        ),
        (
            "outbound connections and attempts",
            usage.outbound_connections.into(),
            limits.max_outbound_connections.into(),
        ),
        (
            "connections, handshakes and attempts",
            all,
            limits.max_connections.into(),
        ),
        (
            "pending inbound",
            usage.pending_inbound.into(),
            limits.max_pending_inbound.into(),
        ),
        (
            "pending outbound",
            usage.pending_outbound.into(),
            limits.max_pending_outbound.into(),
        ),
        (
            "negotiating",
            usage.negotiating.into(),
            limits.max_negotiating.into(),
        ),
        (
            "bytes of buffers",
            usage.buffered_bytes,
            limits.max_buffered_bytes,
        ),
    ]
}

/// Long enough for what happens at once.
const MOMENT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests;
