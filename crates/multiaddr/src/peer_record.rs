//! `PeerRecord`: the addresses of a peer, signed by that peer.

use prost::Message as _;
use sinew_identity::{Keypair, OpenError, PeerId, PeerIdError, SealError, SignedEnvelope};

use crate::multiaddr::{Multiaddr, MultiaddrError};

/// The addresses of a peer at one time, as the peer itself states them (RFC 0003).
///
/// A record travels in a [`SignedEnvelope`] and can be passed on by peers who are not trusted. A
/// value that [`open`](Self::open) returned was signed by the peer it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRecord {
    /// The peer that the addresses belong to.
    pub peer_id: PeerId,
    /// Orders the records of one peer: a higher number replaces a lower one. Often a time, but
    /// never to be read as one.
    pub seq: u64,
    /// The addresses, at most [`MAX_ADDRESSES`](Self::MAX_ADDRESSES).
    pub addresses: Vec<Multiaddr>,
}

/// A record was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealRecordError {
    /// The record is about another peer than the one that was to sign it.
    #[error("record is about {record} and cannot be signed by {signer}")]
    PeerMismatch {
        /// The peer in the record.
        record: PeerId,
        /// The peer of the key.
        signer: PeerId,
    },
    /// There are more addresses than a record may have.
    #[error("record has {len} addresses, and {max} are allowed")]
    TooManyAddresses {
        /// Addresses given.
        len: usize,
        /// Addresses allowed.
        max: usize,
    },
    /// The envelope was not made.
    #[error("record was not sealed")]
    Seal(#[from] SealError),
}

/// An envelope does not hold a valid record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerRecordError {
    /// The envelope holds something else, or its signature does not hold.
    #[error("envelope is not a signed peer record")]
    Open(#[from] OpenError),
    /// The payload is not a protobuf message.
    #[error("peer record is not a protobuf message")]
    Malformed,
    /// The record names no valid peer.
    #[error("peer record names no valid peer")]
    PeerId(#[from] PeerIdError),
    /// The record is about another peer than the one that signed it.
    #[error("peer record is about {record} but was signed by {signer}")]
    PeerMismatch {
        /// The peer in the record.
        record: PeerId,
        /// The peer of the key in the envelope.
        signer: PeerId,
    },
    /// There are more addresses than a record may have.
    #[error("peer record has {len} addresses, and {max} are allowed")]
    TooManyAddresses {
        /// Addresses found.
        len: usize,
        /// Addresses allowed.
        max: usize,
    },
    /// An address is empty or too long.
    #[error("peer record has an unusable address")]
    Address(#[from] MultiaddrError),
}

impl PeerRecord {
    /// The most addresses in a record: several times what a well-connected peer has.
    pub const MAX_ADDRESSES: usize = 128;
    /// The purpose that signatures of records are made for.
    pub const DOMAIN: &str = "libp2p-peer-record";
    /// The type of payload: the multicodec `libp2p-peer-record`, 0x0301.
    pub const PAYLOAD_TYPE: &[u8] = &[0x03, 0x01];

    /// Signs the record with the key of the peer that it is about.
    ///
    /// # Errors
    ///
    /// [`SealRecordError`] when the key belongs to another peer or the addresses are too many.
    pub fn seal(&self, keypair: &Keypair) -> Result<SignedEnvelope, SealRecordError> {
        if keypair.peer_id() != self.peer_id {
            return Err(SealRecordError::PeerMismatch {
                record: self.peer_id,
                signer: keypair.peer_id(),
            });
        }
        if self.addresses.len() > Self::MAX_ADDRESSES {
            return Err(SealRecordError::TooManyAddresses {
                len: self.addresses.len(),
                max: Self::MAX_ADDRESSES,
            });
        }
        let payload = self.to_wire().encode_to_vec();
        let envelope = SignedEnvelope::seal(keypair, Self::DOMAIN, Self::PAYLOAD_TYPE, &payload)?;
        Ok(envelope)
    }

    /// Returns the record in `envelope`, once its signature was found to hold and to be by the
    /// peer that the record is about.
    ///
    /// # Errors
    ///
    /// [`PeerRecordError`] names the rule that the envelope breaks.
    pub fn open(envelope: &SignedEnvelope) -> Result<Self, PeerRecordError> {
        // [routing-records §Certification / Verification] Nothing of the payload is read before the signature holds.
        let opened = envelope.open(Self::DOMAIN, Self::PAYLOAD_TYPE)?;
        let record = Self::from_payload(opened.payload)?;
        let signer = opened.signer.to_peer_id();
        // [routing-records §Certification / Verification] A peer speaks for itself alone.
        if record.peer_id != signer {
            return Err(PeerRecordError::PeerMismatch {
                record: record.peer_id,
                signer,
            });
        }
        Ok(record)
    }

    fn from_payload(payload: &[u8]) -> Result<Self, PeerRecordError> {
        let wire = WireRecord::decode(payload).map_err(|_| PeerRecordError::Malformed)?;
        if wire.addresses.len() > Self::MAX_ADDRESSES {
            return Err(PeerRecordError::TooManyAddresses {
                len: wire.addresses.len(),
                max: Self::MAX_ADDRESSES,
            });
        }
        let addresses = wire
            .addresses
            .iter()
            .map(|info| Multiaddr::from_bytes(&info.multiaddr))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            peer_id: PeerId::from_bytes(&wire.peer_id)?,
            seq: wire.seq,
            addresses,
        })
    }

    fn to_wire(&self) -> WireRecord {
        WireRecord {
            peer_id: self.peer_id.to_bytes(),
            seq: self.seq,
            addresses: self
                .addresses
                .iter()
                .map(|address| WireAddress {
                    multiaddr: address.to_bytes(),
                })
                .collect(),
        }
    }
}

/// The message `PeerRecord`.
#[derive(Clone, PartialEq, prost::Message)]
struct WireRecord {
    #[prost(bytes = "vec", tag = "1")]
    peer_id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    seq: u64,
    #[prost(message, repeated, tag = "3")]
    addresses: Vec<WireAddress>,
}

/// The message `PeerRecord.AddressInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct WireAddress {
    #[prost(bytes = "vec", tag = "1")]
    multiaddr: Vec<u8>,
}

#[cfg(test)]
mod tests;
