//! Which cipher suites are offered, and in which order.

use std::sync::Arc;

use rustls::{CipherSuite, SupportedCipherSuite, crypto::CryptoProvider};

/// Returns ring's TLS 1.3 provider with its suites in the order that [`order_suites`] chooses.
#[must_use]
pub fn default_provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    order_suites(&mut provider.cipher_suites);
    Arc::new(provider)
}

/// Drops what is not TLS 1.3 and puts the fastest suite of this processor first.
///
/// AES-128-GCM where the processor has instructions for AES, ChaCha20-Poly1305 where not: the wrong
/// choice costs three times as much per byte. We also impose our order on clients, so that one that
/// lists ChaCha20 first gets AES from us; a client without AES instructions pays for that.
pub fn order_suites(suites: &mut Vec<SupportedCipherSuite>) {
    suites.retain(|suite| suite.tls13().is_some());
    let (aes, chacha) = (
        CipherSuite::TLS13_AES_128_GCM_SHA256,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    );
    let order = if has_aes() {
        [aes, chacha]
    } else {
        [chacha, aes]
    };
    suites.sort_by_key(|suite| {
        let place = order.iter().position(|name| *name == suite.suite());
        place.unwrap_or(order.len())
    });
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_aes() -> bool {
    std::is_x86_feature_detected!("aes") && std::is_x86_feature_detected!("pclmulqdq")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}
