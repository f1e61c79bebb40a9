//! Where the next keys come from.

use std::fmt;

use rustls::{
    Error, ExtractedSecrets, PeerIncompatible,
    client::{ClientConnectionData, UnbufferedClientConnection},
    kernel::KernelConnection,
    server::{ServerConnectionData, UnbufferedServerConnection},
};

use super::cipher::Cipher;

/// The part of rustls that lives on: it knows the secrets from which the next keys follow.
pub(super) enum Keys {
    Client(KernelConnection<ClientConnectionData>),
    Server(KernelConnection<ServerConnectionData>),
}

/// The first keys, and where the next come from.
#[derive(Debug)]
pub(super) struct FirstKeys {
    pub(super) keys: Keys,
    pub(super) ours: Cipher,
    pub(super) theirs: Cipher,
}

impl Keys {
    /// Takes over from a client whose handshake is done.
    pub(super) fn from_client(client: UnbufferedClientConnection) -> Result<FirstKeys, Error> {
        let (secrets, kernel) = client.dangerous_into_kernel_connection()?;
        Self::Client(kernel).start(&secrets)
    }

    /// Takes over from a server whose handshake is done.
    pub(super) fn from_server(server: UnbufferedServerConnection) -> Result<FirstKeys, Error> {
        let (secrets, kernel) = server.dangerous_into_kernel_connection()?;
        Self::Server(kernel).start(&secrets)
    }

    fn start(self, secrets: &ExtractedSecrets) -> Result<FirstKeys, Error> {
        let (ours, our_secrets) = &secrets.tx;
        let (theirs, their_secrets) = &secrets.rx;
        Ok(FirstKeys {
            keys: self,
            ours: Cipher::new(*ours, our_secrets).ok_or_else(unknown_suite)?,
            theirs: Cipher::new(*theirs, their_secrets).ok_or_else(unknown_suite)?,
        })
    }

    /// Returns our next key.
    pub(super) fn next_of_ours(&mut self) -> Option<Cipher> {
        let (sequence, secrets) = match self {
            Self::Client(kernel) => kernel.update_tx_secret(),
            Self::Server(kernel) => kernel.update_tx_secret(),
        }
        .ok()?;
        Cipher::new(sequence, &secrets)
    }

    /// Returns the peer's next key.
    pub(super) fn next_of_theirs(&mut self) -> Option<Cipher> {
        let (sequence, secrets) = match self {
            Self::Client(kernel) => kernel.update_rx_secret(),
            Self::Server(kernel) => kernel.update_rx_secret(),
        }
        .ok()?;
        Cipher::new(sequence, &secrets)
    }
}

/// The provider has a suite that ring does not have, and the two sides agreed on it.
fn unknown_suite() -> Error {
    Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
