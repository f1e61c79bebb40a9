//! What a handshake says about its peers: the payload, its encoding and its proof.

use bytes::Bytes;
use sinew_identity::PublicKey;

use crate::{Violation, cipher::KEY_LEN, muxers::MAX_PEER_MUXERS};

/// The message `NoiseHandshakePayload`, as proto2 has it.
///
/// Fields that are not here are skipped: 3 carried data in old versions, and extensions may follow.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Payload {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) identity_key: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(crate) identity_sig: Option<Bytes>,
    #[prost(message, optional, tag = "4")]
    pub(crate) extensions: Option<Extensions>,
}

/// The message `NoiseExtensions`, without the certificate hashes of WebTransport.
///
/// Names are kept as bytes: one that is not UTF-8 is none of ours, and no fault.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Extensions {
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(crate) stream_muxers: Vec<Bytes>,
}

/// What a payload proves and offers.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) public_key: PublicKey,
    pub(crate) muxers: Vec<Bytes>,
}

impl Payload {
    /// Reads a payload and checks that the host key in it vouches for `static_key`.
    ///
    /// Memory is bounded by the length of a message ([`MAX_HANDSHAKE_MESSAGE_LEN`]): at worst 200 KiB for
    /// the time of this call, for a list of nothing but empty names.
    ///
    /// [`MAX_HANDSHAKE_MESSAGE_LEN`]: crate::MAX_HANDSHAKE_MESSAGE_LEN
    pub(crate) fn open(bytes: Bytes, static_key: &[u8; KEY_LEN]) -> Result<Claims, Violation> {
        let payload: Self =
            prost::Message::decode(bytes).map_err(|_| Violation::MalformedPayload)?;
        let key = payload.identity_key.ok_or(Violation::MissingKey)?;
        let signature = payload.identity_sig.ok_or(Violation::MissingSignature)?;
        let muxers = payload.extensions.unwrap_or_default().stream_muxers;
        let (len, max) = (muxers.len(), MAX_PEER_MUXERS);
        if len > max {
            return Err(Violation::TooManyMuxers { len, max });
        }
        let public_key = PublicKey::from_protobuf(&key).map_err(Violation::InvalidKey)?;
        // [noise §The libp2p Handshake Payload] A wrong signature ends the connection at once.
        public_key
            .verify(&signed_message(static_key), &signature)
            .map_err(|_| Violation::BadSignature)?;
        Ok(Claims { public_key, muxers })
    }
}

/// Returns what a host key signs to vouch for a static key.
pub(crate) fn signed_message(static_key: &[u8; KEY_LEN]) -> Vec<u8> {
    // [noise §The libp2p Handshake Payload] A fixed text, and the static key as RFC 7748 encodes it.
    [b"noise-libp2p-static-key:", &static_key[..]].concat()
}
