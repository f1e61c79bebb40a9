//! What all handshakes of a host have in common.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use curve25519_dalek::montgomery::MontgomeryPoint;
use prost::Message as _;
use rand_core::CryptoRng;
use sinew_identity::{Keypair, PeerId, SignError};
use zeroize::Zeroizing;

use crate::{
    cipher::KEY_LEN,
    muxers::{MAX_MUXER_LEN, MAX_OWN_MUXERS},
    payload::{self, Extensions, Payload},
};

/// What all handshakes of a host have in common: its static key, vouched for by the host key, and its
/// muxers.
///
/// Made once, because a signature may be dear (RSA) and a stranger must not be able to ask for one.
// [noise §Static Key Authentication] One static key may be used for all sessions of a process.
pub struct Config {
    static_secret: Zeroizing<[u8; KEY_LEN]>,
    muxers: Vec<Cow<'static, str>>,
    payload: Payload,
    /// `payload` as it is sent.
    encoded: Vec<u8>,
    peer_id: PeerId,
}

/// Muxers that a peer would not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMuxers {
    /// There are more than 16.
    #[error("more than {max} muxers to offer")]
    TooMany {
        /// The most that are offered.
        max: usize,
    },
    /// A name is empty or has more than 255 bytes.
    #[error("the name of a muxer has {len} bytes; between 1 and {max} are allowed")]
    Length {
        /// How many bytes it has.
        len: usize,
        /// How many it may have.
        max: usize,
    },
}

impl Config {
    /// Draws a static key from `rng` and signs it with `keypair`. No muxers are offered.
    ///
    /// # Errors
    ///
    /// The host key cannot sign.
    pub fn new(keypair: &Keypair, rng: &mut impl CryptoRng) -> Result<Self, SignError> {
        let mut static_secret = Zeroizing::new([0; KEY_LEN]);
        rng.fill_bytes(static_secret.as_mut_slice());
        let static_key = MontgomeryPoint::mul_base_clamped(*static_secret).to_bytes();
        let signature = keypair.sign(&payload::signed_message(&static_key))?;
        let payload = Payload {
            identity_key: Some(keypair.public().to_protobuf().into()),
            identity_sig: Some(signature.into()),
            extensions: None,
        };
        Ok(Self {
            static_secret,
            muxers: Vec::new(),
            encoded: payload.encode_to_vec(),
            payload,
            peer_id: keypair.peer_id(),
        })
    }

    /// Offers these stream muxers, the best first.
    ///
    /// # Errors
    ///
    /// There are more than 16, or a name is empty or has more than 255 bytes.
    pub fn with_muxers<M>(
        mut self,
        muxers: impl IntoIterator<Item = M>,
    ) -> Result<Self, InvalidMuxers>
    where
        M: Into<Cow<'static, str>>,
    {
        let one_too_many = MAX_OWN_MUXERS + 1;
        let muxers: Vec<_> = muxers.into_iter().take(one_too_many).map(M::into).collect();
        if muxers.len() > MAX_OWN_MUXERS {
            let max = MAX_OWN_MUXERS;
            return Err(InvalidMuxers::TooMany { max });
        }
        for len in muxers.iter().map(|name| name.len()) {
            if !(1..=MAX_MUXER_LEN).contains(&len) {
                let max = MAX_MUXER_LEN;
                return Err(InvalidMuxers::Length { len, max });
            }
        }
        let names = muxers
            .iter()
            .map(|name| Bytes::copy_from_slice(name.as_bytes()));
        self.payload.extensions = (!muxers.is_empty()).then(|| Extensions {
            stream_muxers: names.collect(),
        });
        self.encoded = self.payload.encode_to_vec();
        self.muxers = muxers;
        Ok(self)
    }

    /// Returns whom the host key belongs to.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Returns the muxers that are offered, the best first.
    #[must_use]
    pub fn muxers(&self) -> &[Cow<'static, str>] {
        &self.muxers
    }

    pub(crate) fn static_secret(&self) -> &[u8; KEY_LEN] {
        &self.static_secret
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.encoded
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("peer_id", &self.peer_id)
            .field("muxers", &self.muxers)
            .finish_non_exhaustive()
    }
}
