//! When an attempt is made again because the other end may have dialed as well.

use sinew_transport::Cause;

use super::*;

#[test]
fn whoever_ends_before_a_listener_would_have_spoken_may_have_dialed_as_well() {
    let reset = || Cause::new(io::Error::from(io::ErrorKind::ConnectionReset));
    let ended = |phase| Cause::new(proto::Error::Truncated { phase });

    for (phase, cause) in [
        (Phase::Negotiation, reset()),
        (Phase::Handshake, reset()),
        (Phase::Negotiation, ended(proto::Phase::Negotiation)),
        (Phase::Handshake, ended(proto::Phase::Handshake)),
    ] {
        let reason = CloseReason::Rejected(cause);
        let error = DialError::Failed { phase, reason };
        assert!(may_be_simultaneous(&error), "{error:?}");
    }
}

#[test]
fn a_listener_that_said_no_is_not_dialed_again() {
    let no_common = CloseReason::Rejected(Cause::new(proto::Error::NoCommonSecurity));
    let ended = proto::Error::Truncated {
        phase: proto::Phase::MuxerNegotiation,
    };
    let late = CloseReason::Rejected(Cause::new(ended));

    for (phase, reason) in [(Phase::Negotiation, no_common), (Phase::Muxer, late)] {
        let error = DialError::Failed { phase, reason };
        assert!(!may_be_simultaneous(&error), "{error:?}");
    }
}
