//! The contract of the pure crates, for each role and mode.

use sinew_multistream_proto::{Config, Negotiation, Protocol};
use sinew_testkit::StreamContract;

use crate::wire::{A, B, C, eager, patient};

#[test]
fn an_optimistic_dialer_and_its_listener_keep_the_contract() {
    StreamContract::new(|_| (eager(A), listener([B, A]))).check();
}

#[test]
fn a_patient_dialer_and_its_listener_keep_the_contract() {
    StreamContract::new(|_| (patient([A]), listener([A]))).check();
}

#[test]
fn a_dialer_with_fallbacks_and_its_listener_keep_the_contract() {
    StreamContract::new(|_| (patient([A, B, C]), listener([C]))).check();
}

#[test]
fn names_of_two_byte_lengths_keep_the_contract() {
    let long = Protocol::try_from(format!("/{}", "x".repeat(200))).unwrap();

    StreamContract::new(|_| (patient([A, long.clone()]), listener([long.clone()]))).check();
}

fn listener<const N: usize>(protocols: [Protocol; N]) -> Negotiation {
    Negotiation::listen(protocols, Config::default())
}
