//! Many bytes over one connection.

use anyhow::Result;
use futures::future::try_join_all;

use crate::Settings;
use crate::meter::{Measurement, Meter};
use crate::system::{Connection, System};
use crate::work;

pub(super) struct Bulk {
    pub(super) direction: Direction,
    pub(super) streams: u64,
    /// Of all streams together.
    pub(super) bytes: u64,
    pub(super) settings: Settings,
}

#[derive(Clone, Copy)]
pub(super) enum Direction {
    Down,
    Up,
}

impl Bulk {
    pub(super) async fn run<S: System>(
        &self,
        server: &str,
        server_pid: u32,
    ) -> Result<Measurement> {
        let client = S::client(server, self.settings).await?;
        let connection = client.connect().await?;
        self.transfer(&connection, self.bytes / 10).await?;
        let meter = Meter::start(server_pid)?;
        self.transfer(&connection, self.bytes).await?;
        let measurement = meter.stop(self.bytes as f64 / GIB, Vec::new(), 0)?;
        connection.close().await;
        Ok(measurement)
    }

    async fn transfer(&self, connection: &impl Connection, bytes: u64) -> Result<()> {
        let api = self.settings.api;
        let length = bytes / self.streams;
        let direction = self.direction;
        let tasks = (0..self.streams).map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move {
                match direction {
                    Direction::Down => work::download(&connection, length, api).await,
                    Direction::Up => work::upload(&connection, length, api).await,
                }
            })
        });
        try_join_all(tasks).await?.into_iter().collect()
    }
}

const GIB: f64 = (1_u64 << 30) as f64;
