//! Identify over the in-memory transport: what is told, what is tolerated, what is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod abuse;
mod peers;
mod tell;
mod tolerate;
