//! TLS 1.3: rustls for the handshake, records of our own after it.
//!
//! rustls copies each record in and out. A connection's life is spent on records, so its keys are taken
//! over when the handshake is done, and ring works where the bytes stand.

mod cipher;
mod handshake;
mod header;
mod keys;
mod opener;
mod records;
mod sealer;

pub use opener::RecordViolation;

pub(crate) use handshake::Handshake;
pub(crate) use header::MAX_RECORD_LEN;
pub(crate) use opener::Opened;
pub(crate) use records::{CLOSE_NOTIFY, Records};
pub(crate) use sealer::Exhausted;
