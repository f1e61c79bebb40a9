//! A connection on its way to whoever dialed it.

use std::sync::Arc;

use sinew_transport::{CloseReason, ConnectionCode};

use crate::{Driven, Handle, Shell};

/// A connection on its way to whoever dialed it, who may have given up: closed unless it is kept.
#[derive(Debug)]
pub struct Dialed<D: Driven>(Option<Arc<Shell<D>>>);

impl<D: Driven> Dialed<D> {
    /// Watches over a connection whose handshake has begun.
    pub fn new(shell: Arc<Shell<D>>) -> Self {
        Self(Some(shell))
    }

    /// Waits until the handshake is done. Closes the connection if the wait is given up.
    ///
    /// # Errors
    ///
    /// Why the connection ended first.
    pub async fn established(mut self) -> Result<Handle<D>, CloseReason> {
        // `None` only once it was kept, which ends `self`.
        let shell = self.0.clone().ok_or(CloseReason::TransportClosed)?;
        let established = shell.established().await;
        self.0 = None;
        established.map(|_peer| Handle::new(shell))
    }

    /// Leaves the connection to whoever holds it besides.
    pub fn release(mut self) {
        self.0 = None;
    }
}

impl<D: Driven> Drop for Dialed<D> {
    fn drop(&mut self) {
        if let Some(shell) = self.0.take() {
            let code = ConnectionCode::NO_ERROR;
            shell.close(code, b"", CloseReason::Local { code });
        }
    }
}
