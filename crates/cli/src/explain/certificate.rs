//! Which rule a certificate breaks, and whose clock is wrong.

use std::time::SystemTime;

use sinew::Address;
use sinew_tls::{CertificateError, Validity};

use crate::{
    clock::{self, Suspect},
    failure::{Failure, Fault, Kind, sentence},
};

/// Explains which rule a certificate breaks.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only a clock can be somebody else's fault than the one who made the certificate"
)]
pub(crate) fn certificate(error: &CertificateError) -> Failure {
    match error {
        CertificateError::NotYetValid(validity) | CertificateError::Expired(validity) => {
            outside_its_time(error, validity)
        }
        _ => Failure::new(
            Kind::BadCertificate,
            Fault::Peer,
            format!("bad certificate: {}", sentence(error)),
        )
        .advise(
            "have the owner of the certificate make a new one; restarting a libp2p node does that",
        ),
    }
}

/// Says whose clock it is, as far as one side can know.
fn outside_its_time(error: &CertificateError, validity: &Validity) -> Failure {
    let is_expired = matches!(error, CertificateError::Expired(_));
    let (fault, advice) = match clock::suspect(validity, is_expired) {
        Suspect::Ours => (
            Fault::Us,
            "set the clock of this machine: its time cannot be right",
        ),
        Suspect::Theirs => (
            Fault::Peer,
            "have the clock of the machine that made the certificate set, and the node there restarted",
        ),
        Suspect::Either if is_expired => (
            Fault::Unknown,
            "compare our time above with a clock that you trust: if it is ahead, set the clock of this \
             machine; if it is right, the peer has to restart and make a new certificate",
        ),
        Suspect::Either => (
            Fault::Unknown,
            "compare our time above with a clock that you trust: if it is behind, set the clock of this \
             machine; if it is right, the clock of the peer is ahead",
        ),
    };
    let message = format!("certificate outside its time: {}", sentence(error));
    Failure::new(Kind::CertificateTime, fault, message).advise(advice)
}

/// Explains that the peer finds our certificate outside its time.
pub(super) fn ours_outside_its_time(address: &Address) -> Failure {
    let message = format!(
        "certificate outside its time: to the clock of the peer at {address}, the certificate of this side is"
    );
    if clock::is_impossible(SystemTime::now()) {
        return Failure::new(Kind::CertificateTime, Fault::Us, message)
            .advise("set the clock of this machine: its time cannot be right");
    }
    Failure::new(Kind::CertificateTime, Fault::Unknown, message).advise(
        "compare the clocks of both machines: the one of this machine is ahead, or the one of the peer behind",
    )
}
