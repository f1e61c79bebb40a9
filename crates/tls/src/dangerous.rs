//! What only simulations and tests may use: chance that can be foretold, certificates that are not
//! checked. Behind the feature `dangerous-testing`.

use std::sync::Arc;

use sinew_identity::PeerId;

use crate::Certificate;

mod seeded;

pub use seeded::seeded_provider;

/// Makes a certificate of any bytes, to show others one that breaks the rules.
///
/// `key` is the certificate's private key as PKCS #8 in DER form, `peer_id` what
/// [`Certificate::peer_id`] shall say.
#[must_use]
pub fn unchecked_certificate(der: &[u8], key: &[u8], peer_id: PeerId) -> Certificate {
    Certificate::from_parts(der.into(), Arc::new(key.to_vec().into()), peer_id)
}
