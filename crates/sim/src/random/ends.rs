//! What must hold when nothing goes on any more.

use std::time::Duration;

use sinew::Host;
use sinew_simnet::World;

use super::{
    book::{Book, Violation},
    clerk::NOTICED,
    hosts::{Hosts, UNSERVED},
    plan::Plan,
};
use crate::sentence;

/// Nothing is wrong any more: whoever can be dialed is reached by everybody.
pub(super) async fn everybody_can_talk(world: &World, hosts: &Hosts, plan: &Plan, book: &Book) {
    // Until whatever is dead was noticed to be: a peer may have come back under a connection that still looks
    // alive here.
    world.sleep(NOTICED).await;
    if plan.is_tight {
        return;
    }
    for from in 0..hosts.count() {
        for to in (0..hosts.count()).filter(|to| *to != from && plan.listens(*to)) {
            let Some(host) = hosts.get(from) else {
                continue;
            };
            if let Err(why) = talk(&host, hosts, to).await {
                book.violated(Violation::Unreachable { from, to, why });
            }
        }
    }
}

async fn talk(host: &Host, hosts: &Hosts, to: usize) -> Result<(), String> {
    let peer = hosts.peer(to);
    let connected = host.connect_peer(peer, hosts.addresses(to)).await;
    connected.map_err(|error| sentence(&error))?;
    let answered = host.ping(peer).await;
    answered.map(drop).map_err(|error| sentence(&error))
}

/// Everything is over: every host gives back what it took, on connections that live, when they are closed, and
/// when it shuts down.
pub(super) async fn everything_is_given_back(world: &World, hosts: &Hosts, book: &Book) {
    world.sleep(NOTICED).await;
    nobody_has_streams(hosts, book, "when all work is done");
    credit_is_given_back(hosts, book).await;
    world.sleep(NOTICED).await;
    nobody_has_streams(hosts, book, "when all credit was used once");
    for number in 0..hosts.count() {
        if let Some(host) = hosts.get(number) {
            for other in 0..hosts.count() {
                host.disconnect(hosts.peer(other));
            }
        }
    }
    world.sleep(NOTICED).await;
    for number in 0..hosts.count() {
        let Some(host) = hosts.get(number) else {
            continue;
        };
        nothing_is_used(number, &host, book, "when all connections are closed");
        host.shutdown().await;
        nothing_is_used(number, &host, book, "when it has shut down");
        hosts.forget(number);
    }
    // A kernel goes on to send the last words of a connection to a peer that is not there any more.
    world.sleep(KERNEL_GIVES_UP).await;
    for number in 0..hosts.count() {
        let node = hosts.node(number);
        let (tasks, sockets) = (node.tasks(), node.sockets());
        if !tasks.is_empty() || sockets > 0 {
            held(
                book,
                number,
                format!("{sockets} sockets and the tasks {tasks:?}"),
            );
        }
    }
    if world.due() > 0 {
        book.violated(Violation::Due { count: world.due() });
    }
}

/// Nobody works any more, and connections live on: none has a stream.
fn nobody_has_streams(hosts: &Hosts, book: &Book, when: &str) {
    for number in 0..hosts.count() {
        let Some(host) = hosts.get(number) else {
            continue;
        };
        let usage = host.swarm().usage();
        let (streams, negotiating) = (usage.streams, usage.negotiating);
        if streams > 0 || negotiating > 0 {
            let what = format!("{streams} streams, and negotiates {negotiating}, {when}");
            held(book, number, what);
        }
    }
}

/// Whatever streams there were: each connection has room for as many as a new one.
async fn credit_is_given_back(hosts: &Hosts, book: &Book) {
    for number in 0..hosts.count() {
        let Some(host) = hosts.get(number) else {
            continue;
        };
        let limit = host.config().limits.max_outbound_streams_per_connection as usize;
        let wanted = limit.min(STREAMS);
        for connection in host.connections() {
            let connection = connection.id;
            let mut streams = Vec::new();
            while streams.len() < wanted {
                match host.swarm().open_stream_on(connection, UNSERVED).await {
                    Ok(stream) => streams.push(stream),
                    Err(error) => {
                        book.violated(Violation::NoCredit {
                            host: number,
                            connection,
                            opened: streams.len(),
                            wanted,
                            why: sentence(&error),
                        });
                        break;
                    }
                }
            }
        }
    }
}

fn nothing_is_used(number: usize, host: &Host, book: &Book, when: &str) {
    let usage = host.swarm().usage();
    if usage != Default::default() {
        held(book, number, format!("something {when}: {usage:?}"));
    }
}

fn held(book: &Book, host: usize, what: String) {
    book.violated(Violation::Held { host, what });
}

/// Streams that a connection of either transport gives without waiting: it allows 256, and gives back in lots of
/// an eighth.
const STREAMS: usize = 256 - 256 / 8;

/// Longer than a kernel retries.
const KERNEL_GIVES_UP: Duration = Duration::from_secs(1800);

#[cfg(test)]
mod tests;
