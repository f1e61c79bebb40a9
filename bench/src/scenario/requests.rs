//! A new stream for each request, a number of them in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    in_flight: u64,
    count: u64,
    settings: Settings,
) -> Result<Measurement> {
    let client = S::client(server, settings).await?;
    let connection = client.connect().await?;
    requests(&connection, in_flight, count / 10).await?;
    let meter = Meter::start(server_pid)?;
    let (latencies, errors) = requests(&connection, in_flight, count).await?;
    let measurement = meter.stop(latencies.len() as f64, latencies, errors)?;
    connection.close().await;
    Ok(measurement)
}

async fn requests(
    connection: &impl Connection,
    in_flight: u64,
    count: u64,
) -> Result<(Vec<Duration>, u64)> {
    let left = Arc::new(AtomicU64::new(count));
    let tasks = (0..in_flight).map(|_| {
        let connection = connection.clone();
        let left = Arc::clone(&left);
        tokio::spawn(async move { worker(&connection, &left).await })
    });
    let mut all = Vec::with_capacity(count as usize);
    let mut errors = 0;
    for (latencies, failed) in try_join_all(tasks).await? {
        all.extend(latencies);
        errors += failed;
    }
    Ok((all, errors))
}

async fn worker(connection: &impl Connection, left: &AtomicU64) -> (Vec<Duration>, u64) {
    let mut latencies = Vec::new();
    let mut errors = 0;
    while left
        .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        let started = Instant::now();
        match tokio::time::timeout(LIMIT, work::request(connection)).await {
            Ok(Ok(())) => latencies.push(started.elapsed()),
            Ok(Err(error)) => {
                eprintln!("request: {error:#}");
                errors += 1;
            }
            Err(_) => errors += 1,
        }
    }
    (latencies, errors)
}

/// A request that takes longer counts as failed.
const LIMIT: Duration = Duration::from_secs(5);
