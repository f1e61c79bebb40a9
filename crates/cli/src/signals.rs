//! Being told to end.

use std::io;

/// Waits for SIGINT or SIGTERM; Ctrl-C where there are no signals.
#[cfg(unix)]
pub(crate) async fn ended() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Waits for SIGINT or SIGTERM; Ctrl-C where there are no signals.
#[cfg(not(unix))]
pub(crate) async fn ended() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
