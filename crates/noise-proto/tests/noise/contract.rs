//! The contract of the machines.

use sinew_identity::{KeyType, Keypair};
use sinew_noise_proto::Handshake;
use sinew_testkit::StreamContract;

use crate::pair::{YAMUX, config, host};

#[test]
fn a_dialer_and_a_listener_keep_the_contract() {
    let (one, other) = (host(1), host(2));
    let expected = Some(other.peer_id());
    StreamContract::new(|seed| {
        (
            Handshake::dial(one.clone(), expected, &mut seed.child("dialer").rng()),
            Handshake::listen(other.clone(), &mut seed.child("listener").rng()),
        )
    })
    .seeds(2)
    .check();
}

#[test]
fn longer_keys_and_no_muxers_keep_the_contract() {
    let keypair = |key_type| {
        let mut rng = sinew_testkit::Seed::new(1).rng();
        Keypair::generate(key_type, &mut rng).unwrap()
    };
    let one = config(&keypair(KeyType::Ecdsa), &[]);
    let other = config(&keypair(KeyType::Secp256k1), &[YAMUX]);
    StreamContract::new(|seed| {
        (
            Handshake::dial(one.clone(), None, &mut seed.child("dialer").rng()),
            Handshake::listen(other.clone(), &mut seed.child("listener").rng()),
        )
    })
    .seeds(1)
    .exhaustive_up_to(64, 128)
    .check();
}
