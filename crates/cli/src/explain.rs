//! Turns errors into what a person can act on: what happened, who is at fault, what to try.

mod certificate;
mod connection;
mod stream;

use std::io;

use sinew::{
    Address, ConnectError, DialError, DialFailure, ListenError, PeerId, TransportListenError,
};

use crate::failure::{Failure, Fault, Kind, sentence};

pub(crate) use certificate::certificate;
use connection::refused;
pub(crate) use connection::unreachable;
pub(crate) use stream::{echo, identify, open_stream, perf, ping, send};

/// The peer that an error is about.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    /// Who it is.
    pub(crate) peer: PeerId,
    /// Where it was dialed.
    pub(crate) address: Address,
}

/// Explains why connecting failed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error with no advice of its own is told in its own words"
)]
pub(crate) fn connect(error: &ConnectError, address: &Address) -> Failure {
    match error {
        ConnectError::AllFailed(failed) => match &failed.attempts[..] {
            [attempt] => dial_failure(&attempt.error, &attempt.address),
            [.., last] => {
                let count = failed.attempts.len();
                dial_failure(&last.error, &last.address).counted(count, count)
            }
            [] => Failure::new(Kind::Unreachable, Fault::Unknown, sentence(error)),
        },
        ConnectError::DialedSelf { .. } => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address} is this side itself: both use the same key"),
        )
        .advise("use another key for one of the two"),
        _ => Failure::new(Kind::Local, Fault::Us, sentence(error)),
    }
}

fn dial_failure(error: &DialFailure, address: &Address) -> Failure {
    match error {
        DialFailure::Transport(error) => dial(error, address),
        DialFailure::TimedOut { after } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("no connection with {address} within {after:?}"),
        )
        .advise("try again with a longer --timeout"),
        DialFailure::Lookup(_) => Failure::new(
            Kind::Unreachable,
            Fault::Unknown,
            format!("{address}: {}", sentence(error)),
        )
        .advise("check the name, and that this machine can look names up; or give an ip address"),
        DialFailure::Undialable(_) | _ => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address}: {}", sentence(error)),
        )
        .advise("give an address of one machine, with its ip address"),
    }
}

/// Explains why an address could not be dialed.
fn dial(error: &DialError, address: &Address) -> Failure {
    match error {
        DialError::Unsupported { .. } => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address} is of a kind that cannot be dialed here"),
        )
        .advise(
            "give the address of the peer that has /udp/PORT/quic-v1 or /tcp/PORT in it, and do not leave that \
             transport out with --transport or --security",
        ),
        DialError::Unreachable { remote, source } => unreachable(*remote, source),
        DialError::Refused { remote } => refused(*remote),
        DialError::Failed { reason, .. } => connection::close(reason, address),
        DialError::TooManyDials { .. } | DialError::TransportClosed | _ => {
            Failure::new(Kind::Local, Fault::Us, sentence(error))
        }
    }
}

/// Explains why this machine does not listen.
pub(crate) fn listen(error: &ListenError, address: &Address) -> Failure {
    let ListenError::Transport(TransportListenError::Bind { source, .. }) = error else {
        return Failure::new(Kind::BadAddress, Fault::Us, sentence(error))
            .advise("give an address of this machine that ends in /udp/PORT/quic-v1 or /tcp/PORT");
    };
    let failure = Failure::new(Kind::Local, Fault::Us, sentence(error));
    if source.kind() == io::ErrorKind::AddrInUse {
        return failure.advise(format!(
            "take another port, with --listen {}: a program uses this one, perhaps another node",
            address.clone().with_port(0)
        ));
    }
    if source.kind() == io::ErrorKind::AddrNotAvailable {
        return failure.advise("give an address that this machine has");
    }
    if source.kind() == io::ErrorKind::PermissionDenied {
        return failure.advise("take a port from 1024 on");
    }
    failure
}

#[cfg(test)]
mod tests;
