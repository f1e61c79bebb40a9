//! The ports filled by tokio.

mod clock;
mod spawner;
mod tcp;

pub use clock::TokioClock;
pub use spawner::TokioSpawner;
pub use tcp::TokioTcp;
