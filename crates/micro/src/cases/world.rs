//! Who is there and when, the same in every run.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sinew_identity::{KeyType, Keypair};
use sinew_tls::{Certificate, CryptoProvider, TimeProvider, UnixTime, dangerous::seeded_provider};

/// A host's keys, and where its chance comes from.
pub(super) struct Identity {
    pub(super) keypair: Keypair,
    pub(super) certificate: Certificate,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) seed: [u8; 32],
}

/// A wall clock that stands.
#[derive(Debug)]
pub(super) struct Wall;

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(SINCE_1970))
    }
}

impl Identity {
    pub(super) fn seeded(seed: u8) -> Self {
        let mut rng = rng(seed);
        let keypair = keypair(&mut rng);
        let certificate =
            Certificate::generate(&keypair, &mut rng, wall()).expect("a key to sign with");
        Self {
            keypair,
            certificate,
            provider: seeded_provider([seed; 32]),
            seed: [seed; 32],
        }
    }
}

pub(super) fn keypair(rng: &mut StdRng) -> Keypair {
    Keypair::generate(KeyType::Ed25519, rng).expect("Ed25519 keys can be made")
}

pub(super) fn rng(seed: u8) -> StdRng {
    StdRng::from_seed([seed; 32])
}

pub(super) fn wall() -> SystemTime {
    UNIX_EPOCH + SINCE_1970
}

/// A day in 2026.
const SINCE_1970: Duration = Duration::from_secs(1_780_000_000);
