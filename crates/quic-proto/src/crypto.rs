//! quinn-proto's view of our cryptography.

mod cid;
mod client;
mod record;
mod secrets;
mod server;
mod session;
mod wall_clock;

pub(crate) use cid::CidGenerator;
pub(crate) use client::ClientCrypto;
pub(crate) use record::HandshakeRecord;
pub(crate) use secrets::Secrets;
pub(crate) use server::ServerCrypto;
pub(crate) use wall_clock::WallClock;
