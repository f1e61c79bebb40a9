//! The handshake pattern XX, run by snow.

use std::fmt;

use bytes::{Bytes, BytesMut};
use sinew_sans_io::Role;
use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use crate::{
    Violation,
    cipher::{KEY_LEN, TAG_LEN},
    resolver::Resolver,
};

/// One side of the pattern: which keys are mixed, when, and into what.
///
/// ```text
/// XX:
///   -> e
///   <- e, ee, s, es
///   -> s, se
/// ```
pub(crate) struct Pattern(Box<HandshakeState>);

/// The keys of the two directions.
pub(crate) struct Keys {
    pub(crate) to_listener: Zeroizing<[u8; KEY_LEN]>,
    pub(crate) to_dialer: Zeroizing<[u8; KEY_LEN]>,
}

impl Pattern {
    /// Starts with both of our private keys. Everything that follows is a function of them and of what
    /// the peer says.
    pub(crate) fn new(
        role: Role,
        static_secret: &[u8; KEY_LEN],
        ephemeral_secret: Zeroizing<[u8; KEY_LEN]>,
    ) -> Self {
        // libp2p mixes in no prologue on a plain byte stream.
        Self::with_prologue(role, static_secret, ephemeral_secret, &[])
    }

    fn with_prologue(
        role: Role,
        static_secret: &[u8; KEY_LEN],
        ephemeral_secret: Zeroizing<[u8; KEY_LEN]>,
        prologue: &[u8],
    ) -> Self {
        // [noise §Noise Protocol Name] The only one there is.
        let params = "Noise_XX_25519_ChaChaPoly_SHA256"
            .parse()
            .expect("snow knows this protocol");
        let resolver = Box::new(Resolver::new(ephemeral_secret));
        let state = Builder::with_resolver(params, resolver)
            .local_private_key(static_secret)
            .and_then(|builder| builder.prologue(prologue))
            .and_then(|builder| match role {
                Role::Dialer => builder.build_initiator(),
                Role::Listener => builder.build_responder(),
            })
            .expect("XX needs a static key and the four primitives, which are there");
        Self(Box::new(state))
    }

    /// Makes the next message.
    ///
    /// # Errors
    ///
    /// A key in the message before this one is of low order.
    pub(crate) fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, Violation> {
        let mut message = vec![0; MAX_KEYS_LEN + payload.len()];
        let len = self
            .0
            .write_message(payload, &mut message)
            .map_err(violation)?;
        message.truncate(len);
        Ok(message)
    }

    /// Reads the next message, which is as long as it has to be, and returns its payload.
    ///
    /// # Errors
    ///
    /// It does not decrypt, or a key in it is of low order.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<Bytes, Violation> {
        let mut payload = BytesMut::zeroed(message.len());
        let len = self
            .0
            .read_message(message, &mut payload)
            .map_err(violation)?;
        payload.truncate(len);
        Ok(payload.freeze())
    }

    /// Returns the peer's static key, if a message had it.
    pub(crate) fn remote_static(&self) -> Option<&[u8; KEY_LEN]> {
        self.0.get_remote_static()?.first_chunk()
    }

    /// Returns the keys of the transport phase. To be called after the last message.
    pub(crate) fn split(mut self) -> Keys {
        debug_assert!(self.0.is_handshake_finished(), "keys of half a handshake");
        let (to_listener, to_dialer) = self.0.dangerously_get_raw_split();
        Keys {
            to_listener: Zeroizing::new(to_listener),
            to_dialer: Zeroizing::new(to_dialer),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").finish_non_exhaustive()
    }
}

/// Lengths are checked before snow sees them, which leaves two reasons.
fn violation(error: snow::Error) -> Violation {
    if error == snow::Error::Dh {
        Violation::LowOrderKey
    } else {
        Violation::Decrypt
    }
}

/// What the second message, the longest, takes besides its payload.
const MAX_KEYS_LEN: usize = KEY_LEN + KEY_LEN + TAG_LEN + TAG_LEN;

#[cfg(test)]
mod tests;
