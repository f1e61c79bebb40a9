//! A new connection with one request on it, from a number of clients at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;

use crate::Settings;
use crate::meter::{Measurement, Meter};
use crate::system::{Connection, System};
use crate::work;

pub(super) async fn run<S: System>(
    server: &str,
    server_pid: u32,
    clients: u64,
    count: u64,
    settings: Settings,
) -> Result<Measurement> {
    let mut made = Vec::new();
    for _ in 0..clients {
        made.push(Arc::new(S::client(server, settings).await?));
    }
    let each = (count / clients).max(1);
    handshakes(&made, (each / 10).max(1)).await?;
    let meter = Meter::start(server_pid)?;
    let (latencies, errors) = handshakes(&made, each).await?;
    let longest = latencies.iter().max().map_or(0.0, Duration::as_secs_f64);
    let mut measurement = meter.stop(latencies.len() as f64, latencies, errors)?;
    measurement.figures = vec![("longest ms".to_owned(), longest * 1e3)];
    Ok(measurement)
}

async fn handshakes<S: System>(clients: &[Arc<S>], each: u64) -> Result<(Vec<Duration>, u64)> {
    let tasks = clients.iter().map(|client| {
        let client = Arc::clone(client);
        tokio::spawn(async move { worker(client.as_ref(), each).await })
    });
    let mut all = Vec::new();
    let mut errors = 0;
    for (latencies, failed) in try_join_all(tasks).await? {
        all.extend(latencies);
        errors += failed;
    }
    Ok((all, errors))
}

async fn worker(client: &impl System, count: u64) -> (Vec<Duration>, u64) {
    let mut latencies = Vec::new();
    let mut errors = 0;
    for _ in 0..count {
        match tokio::time::timeout(LIMIT, handshake(client)).await {
            Ok(Ok(latency)) => latencies.push(latency),
            Ok(Err(error)) => {
                eprintln!("handshake: {error:#}");
                errors += 1;
            }
            Err(_) => errors += 1,
        }
    }
    (latencies, errors)
}

/// Returns the time from the dial to the answer; closing is work, but nobody waits for it.
async fn handshake(client: &impl System) -> Result<Duration> {
    let started = Instant::now();
    let connection = client.connect().await?;
    work::request(&connection).await?;
    let latency = started.elapsed();
    connection.close().await;
    Ok(latency)
}

/// A handshake that takes longer counts as failed.
const LIMIT: Duration = Duration::from_secs(5);
