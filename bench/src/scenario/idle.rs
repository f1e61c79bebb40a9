//! What a connection that is not used takes, in memory.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;

use crate::Settings;
use crate::meter::{Measurement, Memory, Meter};
use crate::system::System;
use crate::work;

/// Connects `count` clients, makes `streams` requests on each connection, and leaves them alone.
///
/// A client has a socket and an identity of its own; all their connections lead to one server. So its memory is
/// that of connections, and theirs that of connections with all that is around them.
pub(super) async fn run<S: System>(
    server: &str,
    server_pid: u32,
    count: u64,
    streams: u64,
    settings: Settings,
) -> Result<Measurement> {
    // Whatever is made once is there before it counts.
    let first = connect::<S>(server, streams, settings).await?;
    let grown = Grown::since_now(server_pid).await?;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(connect::<S>(server, streams, settings).await?);
    }
    let names = ["server KiB/connection", "client host KiB/connection"];
    let measurement = grown.measure(server_pid, count, names).await?;
    drop((first, all));
    Ok(measurement)
}

/// Connects one client to all of `servers`, makes `streams` requests on each connection, and leaves them alone.
///
/// The client has one socket and one identity, so its memory is that of connections.
pub(super) async fn dialed<S: System>(
    servers: &str,
    server_pid: u32,
    streams: u64,
    settings: Settings,
) -> Result<Measurement> {
    let (first, others) = servers.split_once(' ').context("there is one server")?;
    let client = S::client(first, settings).await?;
    let first = client.connect().await?;
    use_it(&first, streams).await?;
    let grown = Grown::since_now(server_pid).await?;
    let mut all = Vec::new();
    for server in others.split(' ') {
        let connection = client.connect_to(server).await?;
        use_it(&connection, streams).await?;
        all.push(connection);
    }
    let names = ["server host KiB/connection", "client KiB/connection"];
    let measurement = grown.measure(server_pid, all.len() as u64, names).await?;
    drop((first, all));
    Ok(measurement)
}

/// How much both processes hold more than they did.
struct Grown {
    before: Memory,
    meter: Meter,
}

impl Grown {
    async fn since_now(server_pid: u32) -> Result<Self> {
        tokio::time::sleep(SETTLING).await;
        Ok(Self {
            before: Memory::of(server_pid)?,
            meter: Meter::start(server_pid)?,
        })
    }

    /// Tells what each of `count` connections takes at the server, and at the client.
    async fn measure(
        self,
        server_pid: u32,
        count: u64,
        [server, client]: [&str; 2],
    ) -> Result<Measurement> {
        tokio::time::sleep(SETTLING).await;
        let after = Memory::of(server_pid)?;
        let mut measurement = self.meter.stop(count as f64, Vec::new(), 0)?;
        let each =
            |after: u64, before: u64| after.saturating_sub(before) as f64 / 1024.0 / count as f64;
        measurement.figures = vec![
            (server.to_owned(), each(after.server, self.before.server)),
            (client.to_owned(), each(after.client, self.before.client)),
        ];
        Ok(measurement)
    }
}

/// A client, and its connection after `streams` requests.
async fn connect<S: System>(
    server: &str,
    streams: u64,
    settings: Settings,
) -> Result<(Arc<S>, S::Connection)> {
    let client = Arc::new(S::client(server, settings).await?);
    let connection = client.connect().await?;
    use_it(&connection, streams).await?;
    Ok((client, connection))
}

/// Makes a request, and then `streams` of them.
async fn use_it(connection: &impl crate::system::Connection, streams: u64) -> Result<()> {
    work::request(connection).await?;
    for _ in 0..streams / AT_ONCE {
        try_join_all((0..AT_ONCE).map(|_| work::request(connection))).await?;
    }
    Ok(())
}

/// Streams that a connection has open at once.
const AT_ONCE: u64 = 10;

/// Timers for acknowledgements and buffers have run out by then.
const SETTLING: Duration = Duration::from_secs(3);
