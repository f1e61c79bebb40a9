//! What a slow reader costs.

use std::time::Duration;

use bytes::Bytes;
use sinew_tcp::SecurityProtocol;
use sinew_testkit::Heap;

use crate::fixture::{Pair, in_time, only};

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

        let heap = Heap::begin();
        let mut read = 0;
        let mut next_look = 0;
        while let Some(chunk) = in_time(theirs.read_bytes()).await.unwrap() {
            read += chunk.len() as u64;
            if read >= next_look {
                // The reader lags behind: it sleeps while the writer could go on.
                tokio::time::sleep(Duration::from_millis(2)).await;
                next_look = read + (8 << 20);
            }
        }

        assert_eq!(read, TOTAL);
        in_time(writing).await.unwrap();
        let peak = heap.peak();
        assert!(peak < 8 << 20, "{peak} bytes over {security}");
    }
}
