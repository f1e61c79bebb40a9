//! Many connections with little to do: a request a second on each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;

use crate::Settings;
use crate::meter::{Measurement, Meter};
use crate::system::{Connection, System};
use crate::work;

/// Makes `count` clients with a connection each, and `seconds` requests on each.
pub(super) async fn run<S: System>(
    server: &str,
    server_pid: u32,
    count: u64,
    seconds: u64,
    settings: Settings,
) -> Result<Measurement> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let client = Arc::new(S::client(server, settings).await?);
        let connection = client.connect().await?;
        work::request(&connection).await?;
        clients.push((client, connection));
    }
    let meter = Meter::start(server_pid)?;
    let start = Instant::now();
    let tasks = clients.iter().enumerate().map(|(index, (_, connection))| {
        let connection = connection.clone();
        // Spread over the second, so that the server sees a stream of requests and no bursts.
        let first = start + SECOND.mul_f64(index as f64 / count as f64);
        tokio::spawn(async move { requests(&connection, first, seconds).await })
    });
    let latencies: Result<Vec<_>> = try_join_all(tasks).await?.into_iter().collect();
    let latencies: Vec<_> = latencies?.into_iter().flatten().collect();
    meter.stop(latencies.len() as f64, latencies, 0)
}

/// Returns how long each request took, from when it was due.
async fn requests(
    connection: &impl Connection,
    first: Instant,
    seconds: u64,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for second in 0..seconds {
        let due = first + SECOND.mul_f64(second as f64);
        tokio::time::sleep_until(due.into()).await;
        work::request(connection).await?;
        latencies.push(due.elapsed());
    }
    Ok(latencies)
}

const SECOND: Duration = Duration::from_secs(1);
