//! What a connection that is not used takes, in memory.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
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
    tokio::time::sleep(SETTLING).await;
    let before = Memory::of(server_pid)?;
    let meter = Meter::start(server_pid)?;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(connect::<S>(server, streams, settings).await?);
    }
    tokio::time::sleep(SETTLING).await;
    let after = Memory::of(server_pid)?;

    let mut measurement = meter.stop(count as f64, Vec::new(), 0)?;
    let each = |bytes: u64| bytes as f64 / 1024.0 / count as f64;
    measurement.figures = vec![
        (
            "server KiB/connection".to_owned(),
            each(after.server.saturating_sub(before.server)),
        ),
        (
            "client KiB/connection".to_owned(),
            each(after.client.saturating_sub(before.client)),
        ),
    ];
    drop((first, all));
    Ok(measurement)
}

/// A client, and its connection after `streams` requests.
async fn connect<S: System>(
    server: &str,
    streams: u64,
    settings: Settings,
) -> Result<(Arc<S>, S::Connection)> {
    let client = Arc::new(S::client(server, settings).await?);
    let connection = client.connect().await?;
    work::request(&connection).await?;
    for _ in 0..streams / AT_ONCE {
        try_join_all((0..AT_ONCE).map(|_| work::request(&connection))).await?;
    }
    Ok((client, connection))
}

/// Streams that a connection has open at once.
const AT_ONCE: u64 = 10;

/// Timers for acknowledgements and buffers have run out by then.
const SETTLING: Duration = Duration::from_secs(3);
