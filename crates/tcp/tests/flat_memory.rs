//! What a slow reader costs. Alone in its process, whose memory it watches.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "tcp/fixture.rs"]
#[allow(dead_code, reason = "made for more tests than this one")]
mod fixture;

use std::time::Duration;

use bytes::Bytes;
use fixture::{Pair, in_time, only};
use sinew_tcp::SecurityProtocol;

#[tokio::test]
async fn a_slow_reader_keeps_the_memory_of_half_a_gibibyte_flat() {
    const TOTAL: u64 = 512 << 20;
    for security in SecurityProtocol::ALL {
        let pair = in_time(Pair::with_config(only(security))).await;
        let (mut ours, mut theirs) = in_time(pair.streams()).await;
        let writing = tokio::spawn(async move {
            for _ in 0..TOTAL >> 20 {
                // Memory of its own, so that what is held shows.
                ours.write_bytes(Bytes::from(vec![7; 1 << 20]))
                    .await
                    .unwrap();
            }
            ours.finished().await.unwrap();
        });

        let before = resident_bytes();
        let (mut read, mut peak) = (0, before);
        let mut next_look = 0;
        while let Some(chunk) = in_time(theirs.read_bytes()).await.unwrap() {
            read += chunk.len() as u64;
            if read >= next_look {
                // The reader lags behind: it sleeps while the writer could go on.
                tokio::time::sleep(Duration::from_millis(2)).await;
                peak = peak.max(resident_bytes());
                next_look = read + (8 << 20);
            }
        }

        assert_eq!(read, TOTAL);
        in_time(writing).await.unwrap();
        let grown = peak.saturating_sub(before);
        assert!(grown < 64 << 20, "grew by {grown} bytes over {security}");
    }
}

/// Memory of this process; 0 where the platform does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
