//! The list in Redis through which the listener hands its address to the dialer.

use std::time::{Duration, Instant};

use redis::{Client, Commands as _, Connection};

use crate::error::Error;

use super::task::Task;

/// Calls block the thread: neither side has anything else to do meanwhile.
pub(super) struct AddressList {
    connection: Connection,
    key: String,
}

impl AddressList {
    /// Connects to Redis, again and again until `deadline`: it may be starting still.
    pub(super) fn open(task: &Task, deadline: Instant) -> Result<Self, Error> {
        let client = Client::open(format!("redis://{}/", task.redis)).map_err(Error::failed)?;
        loop {
            let timeout = left_until(deadline);
            match client.get_connection_with_timeout(timeout) {
                Ok(connection) => {
                    return Ok(Self {
                        connection,
                        key: task.key.clone(),
                    });
                }
                Err(error) if timeout <= RETRY_INTERVAL => return Err(Error::failed(error)),
                Err(error) => eprintln!("no Redis at {} yet: {error}", task.redis),
            }
            std::thread::sleep(RETRY_INTERVAL);
        }
    }

    pub(super) fn push(&mut self, address: &str) -> Result<(), Error> {
        self.connection
            .rpush(&self.key, address)
            .map_err(Error::failed)
    }

    /// Waits for an address until `deadline`.
    pub(super) fn pop(&mut self, deadline: Instant) -> Result<String, Error> {
        let timeout = left_until(deadline).as_secs_f64();
        let popped: Option<(String, String)> = self
            .connection
            .blpop(&self.key, timeout)
            .map_err(Error::failed)?;
        let (_, address) =
            popped.ok_or_else(|| Error::unexpected("no listener handed its address over"))?;
        Ok(address)
    }
}

/// Never zero, which would mean for ever.
fn left_until(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    left.max(Duration::from_millis(10))
}

const RETRY_INTERVAL: Duration = Duration::from_millis(200);
