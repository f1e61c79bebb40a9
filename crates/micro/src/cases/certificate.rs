//! The certificate that says who a host is.

use std::hint::black_box;

use sinew_tls::Certificate;

use super::Work;
use super::world::{Identity, keypair, rng, wall};

pub(super) fn make() -> Work {
    let keypair = keypair(&mut rng(1));
    Box::new(move || {
        // The same chance each time: how long a signature is depends on it.
        let made = Certificate::generate(&keypair, &mut rng(2), wall());
        black_box(made.expect("a key to sign with"));
    })
}

pub(super) fn verify() -> Work {
    let der = Identity::seeded(1).certificate.der().to_vec();
    Box::new(move || {
        black_box(sinew_tls::verify(&der, wall()).expect("it is right"));
    })
}
