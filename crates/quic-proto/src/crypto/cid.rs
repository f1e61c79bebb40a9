//! Connection ids that we recognise, even those of before a restart.

use std::time::Duration;

use quinn_proto::{ConnectionId, ConnectionIdGenerator, InvalidCid};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use ring::hmac;

/// Makes ids of four random bytes and four that prove them ours.
///
/// A datagram with an id that is not ours is dropped without an answer; one with an id that is ours but
/// unknown gets a stateless reset. The key comes from the host key, so that a node that was restarted
/// recognises the ids of its former life.
pub(crate) struct CidGenerator {
    key: hmac::Key,
    rng: StdRng,
}

impl CidGenerator {
    pub(crate) fn new(key: hmac::Key, seed: [u8; 32]) -> Self {
        Self {
            key,
            rng: StdRng::from_seed(seed),
        }
    }

    fn proof(&self, nonce: &[u8]) -> [u8; PROOF_LEN] {
        let tag = hmac::sign(&self.key, nonce);
        let mut proof = [0; PROOF_LEN];
        for (to, from) in proof.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        proof
    }
}

impl ConnectionIdGenerator for CidGenerator {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut nonce = [0; NONCE_LEN];
        self.rng.fill_bytes(&mut nonce);
        let proof = self.proof(&nonce);
        ConnectionId::new(&[nonce, proof].concat())
    }

    fn validate(&self, cid: &ConnectionId) -> Result<(), InvalidCid> {
        match cid.split_first_chunk::<NONCE_LEN>() {
            Some((nonce, proof)) if proof == self.proof(nonce) => Ok(()),
            _ => Err(InvalidCid),
        }
    }

    fn cid_len(&self) -> usize {
        NONCE_LEN + PROOF_LEN
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

const NONCE_LEN: usize = 4;
const PROOF_LEN: usize = 4;
