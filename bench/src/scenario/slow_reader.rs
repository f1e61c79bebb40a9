//! Seven streams, without and with an eighth that nobody reads.

use anyhow::Result;
use futures::future::try_join_all;

use crate::meter::{Measurement, Meter};
use crate::system::{Connection, System};
use crate::work;
use crate::{Api, Settings};

pub(super) async fn run<S: System>(
    server: &str,
    server_pid: u32,
    bytes: u64,
    settings: Settings,
) -> Result<Measurement> {
    let api = settings.api;
    let client = S::client(server, settings).await?;
    let connection = client.connect().await?;
    transfer(&connection, bytes / 10, api).await?;
    let alone = Meter::start(server_pid)?;
    transfer(&connection, bytes, api).await?;
    let alone = alone.stop(bytes as f64 / GIB, Vec::new(), 0)?;

    // As much as two windows of any system here: it fills what it may and stalls.
    let stalled = work::ask_and_not_read(&connection, 64 << 20).await?;
    let beside = Meter::start(server_pid)?;
    transfer(&connection, bytes, api).await?;
    let mut beside = beside.stop(bytes as f64 / GIB, Vec::new(), 0)?;
    let kept = beside.units_per_s() / alone.units_per_s();
    beside.figures = vec![("of the rate without it".to_owned(), kept)];
    drop(stalled);
    connection.close().await;
    Ok(beside)
}

async fn transfer(connection: &impl Connection, bytes: u64, api: Api) -> Result<()> {
    let tasks = (0..READ).map(|_| {
        let connection = connection.clone();
        tokio::spawn(async move { work::download(&connection, bytes / READ, api).await })
    });
    try_join_all(tasks).await?.into_iter().collect()
}

/// Streams that are read.
const READ: u64 = 7;

const GIB: f64 = (1_u64 << 30) as f64;
