//! Turns errors into what a person can act on: what happened, who is at fault, what to try.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error with no advice of its own is told in its own words"
)]

use std::{io, path::Path, time::SystemTime};

use sinew::{
    Address, Cause, CloseReason, ConnectError, ConnectionCode, DialError, DialFailure,
    IdentifyError, ListenError, NegotiationError, OpenStreamError, PeerId, ReadError, WriteError,
    echo::EchoError,
    file_transfer::{Refusal, SendError},
    ping::PingError,
};
use sinew_quic_proto::CloseReason as QuicReason;
use sinew_tls::{CertificateError, Validity};

use crate::{
    clock::{self, Suspect},
    failure::{Failure, Fault, Kind, sentence},
};

/// Explains why connecting failed.
pub(crate) fn connect(error: &ConnectError, address: &Address) -> Failure {
    match error {
        ConnectError::AllFailed(failed) => match &failed.attempts[..] {
            [attempt] => dial_failure(&attempt.error, &attempt.address),
            _ => Failure::new(Kind::Unreachable, Fault::Unknown, sentence(error)),
        },
        ConnectError::DialedSelf { .. } => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address} is this side itself: both use the same key"),
        )
        .advise("another key for one of the two"),
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
        .advise("again, with a longer --timeout"),
        _ => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address}: {}", sentence(error)),
        ),
    }
}

/// Explains why no stream was opened.
pub(crate) fn open_stream(error: &OpenStreamError, peer: PeerId, address: &Address) -> Failure {
    match error {
        OpenStreamError::Closed(reason) => close(reason, address),
        OpenStreamError::Negotiation(error) => negotiation(error, peer),
        OpenStreamError::TimedOut { .. } => {
            Failure::new(Kind::Timeout, Fault::Peer, sentence(error))
                .advise("again later: the peer is overloaded, or out of streams for us")
        }
        OpenStreamError::NotConnected { .. } => Failure::new(
            Kind::Closed,
            Fault::Peer,
            format!("the connection with {address} is over"),
        )
        .advise("again"),
        _ => Failure::new(Kind::Local, Fault::Us, sentence(error)),
    }
}

/// Explains why a ping was not answered.
pub(crate) fn ping(error: &PingError, peer: PeerId, address: &Address) -> Failure {
    match error {
        PingError::Read(error) => read(error, peer, address),
        PingError::Write(error) => write(error, peer, address),
        PingError::TimedOut { limit } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("no answer to a ping from {peer} within {limit:?}"),
        )
        .advise("check that the peer still runs and can still be reached"),
        _ => Failure::new(Kind::Mismatch, Fault::Peer, sentence(error))
            .advise("a look at the version of the peer: it does not answer pings as it should"),
    }
}

/// Explains why an echo failed.
pub(crate) fn echo(error: &EchoError, peer: PeerId, address: &Address) -> Failure {
    match error {
        EchoError::Read(error) => read(error, peer, address),
        EchoError::Write(error) => write(error, peer, address),
        _ => Failure::new(Kind::Mismatch, Fault::Peer, sentence(error))
            .advise("another --protocol: this one does not send back what it gets"),
    }
}

/// Explains why a peer did not say who it is.
pub(crate) fn identify(error: &IdentifyError, peer: PeerId, address: &Address) -> Failure {
    match error {
        IdentifyError::OpenStream(error) => open_stream(error, peer, address),
        IdentifyError::Identify(sinew::identify::IdentifyError::Read(error)) => {
            read(error, peer, address)
        }
        IdentifyError::Identify(sinew::identify::IdentifyError::Write(error)) => {
            write(error, peer, address)
        }
        _ => Failure::new(Kind::Violation, Fault::Peer, sentence(error)),
    }
}

/// Explains why a file was not sent.
pub(crate) fn send(error: &SendError, file: &Path, peer: PeerId, address: &Address) -> Failure {
    let name = file.display();
    match error {
        SendError::Read(error) => read(error, peer, address),
        SendError::Write(error) => write(error, peer, address),
        SendError::Refused(refusal) => Failure::new(
            Kind::Refused,
            Fault::Peer,
            format!("{name}: the peer does not take it: {refusal}"),
        )
        .advise(match refusal {
            Refusal::UnsafeName => "another name for the file",
            Refusal::NameTaken | Refusal::Obstructed => {
                "another name for the file, or removing what the peer has"
            }
            Refusal::TooLarge | Refusal::StorageFull | Refusal::StorageFailed => {
                "asking the operator of the peer"
            }
            _ => "again: what has arrived is not sent twice",
        }),
        SendError::Stalled { .. } => Failure::new(
            Kind::Timeout,
            Fault::Peer,
            format!("{name}: {}", sentence(error)),
        )
        .advise("again: what has arrived is not sent twice"),
        SendError::SourceChanged { .. } => Failure::new(Kind::File, Fault::Us, sentence(error))
            .advise("again, once nothing writes to the file"),
        SendError::Violation(_) => Failure::new(
            Kind::Violation,
            Fault::Peer,
            format!("{name}: {}", sentence(error)),
        ),
        _ => Failure::new(Kind::File, Fault::Us, sentence(error)),
    }
}

/// Explains why this machine does not listen.
pub(crate) fn listen(error: &ListenError, address: &Address) -> Failure {
    let failure = Failure::new(Kind::Local, Fault::Us, sentence(error));
    let ListenError::Transport(sinew::TransportListenError::Bind { source, .. }) = error else {
        return Failure::new(Kind::BadAddress, Fault::Us, sentence(error))
            .advise("an address of this machine that ends in /udp/PORT/quic-v1");
    };
    match source.kind() {
        io::ErrorKind::AddrInUse => failure.advise(format!(
            "another port, with --listen {}: a program uses this one, perhaps another node",
            address.clone().with_port(0)
        )),
        io::ErrorKind::AddrNotAvailable => failure.advise("an address that this machine has"),
        io::ErrorKind::PermissionDenied => failure.advise("a port from 1024 on"),
        _ => failure,
    }
}

fn read(error: &ReadError, peer: PeerId, address: &Address) -> Failure {
    match error {
        ReadError::Negotiation(error) => negotiation(error, peer),
        ReadError::Closed(reason) => close(reason, address),
        _ => Failure::new(Kind::Refused, Fault::Peer, sentence(error))
            .advise("again; the logs of the peer tell more"),
    }
}

fn write(error: &WriteError, peer: PeerId, address: &Address) -> Failure {
    match error {
        WriteError::Negotiation(error) => negotiation(error, peer),
        WriteError::Closed(reason) => close(reason, address),
        _ => Failure::new(Kind::Refused, Fault::Peer, sentence(error))
            .advise("again; the logs of the peer tell more"),
    }
}

/// Explains why an address could not be dialed.
pub(crate) fn dial(error: &DialError, address: &Address) -> Failure {
    match error {
        DialError::Unsupported { .. } => Failure::new(
            Kind::BadAddress,
            Fault::Us,
            format!("{address} is of a kind that cannot be dialed yet"),
        )
        .advise("the address of the peer that ends in /udp/PORT/quic-v1"),
        DialError::Unreachable { remote, source } => unreachable(&remote.to_string(), source),
        DialError::Failed { reason, .. } => close(reason, address),
        _ => Failure::new(Kind::Local, Fault::Us, sentence(error)),
    }
}

/// Explains why a connection to `address` is over, or did not come to be.
pub(crate) fn close(reason: &CloseReason, address: &Address) -> Failure {
    match reason {
        CloseReason::WrongPeer { expected, actual } => wrong_peer(*expected, *actual, address),
        CloseReason::HandshakeTimedOut { after, heard: false } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("no answer from {address} within {after:?}: nothing at all came back"),
        )
        .advise(
            "check that the peer runs and listens on this address and port, and that no firewall drops UDP \
             on the way",
        ),
        CloseReason::HandshakeTimedOut { after, heard: true } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("the handshake with {address} began and was not done within {after:?}"),
        )
        .advise("again, with a longer --timeout: packets are being lost, or the peer is overloaded"),
        CloseReason::TimedOut { after } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("nothing was heard from {address} for {after:?}: the connection is lost"),
        )
        .advise("check that the peer still runs and can still be reached"),
        CloseReason::Unauthenticated(cause) => unauthenticated(cause, address),
        CloseReason::Rejected(cause) => rejected(cause, address),
        CloseReason::Remote { code, reason } => closed_by_peer(*code, reason, address),
        CloseReason::Reset => Failure::new(
            Kind::Closed,
            Fault::Peer,
            format!("the peer at {address} no longer knows this connection; it was most likely restarted"),
        )
        .advise("again"),
        CloseReason::Violation(_) => Failure::new(
            Kind::Violation,
            Fault::Peer,
            format!("{address} does not keep to the protocol: {}", sentence(reason)),
        )
        .advise("see whether something else than libp2p listens there, or a newer version of either side"),
        _ => Failure::new(Kind::Closed, Fault::Us, sentence(reason)),
    }
}

/// Explains why no protocol was agreed on.
pub(crate) fn negotiation(error: &NegotiationError, peer: PeerId) -> Failure {
    match error {
        NegotiationError::NoCommonProtocol { offered } => {
            let offered: Vec<_> = offered.iter().map(sinew::Protocol::as_str).collect();
            no_common_protocol(&offered.join(" or "), peer)
        }
        _ => Failure::new(Kind::Violation, Fault::Peer, sentence(error)),
    }
}

pub(crate) fn no_common_protocol(protocols: &str, peer: PeerId) -> Failure {
    Failure::new(
        Kind::NoCommonProtocol,
        Fault::Peer,
        format!("no protocol in common: {peer} does not speak {protocols}"),
    )
    .advise("`sinew identify MULTIADDR` lists what the peer speaks")
}

/// Explains which rule a certificate breaks.
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
        .advise("the owner of the certificate has to make a new one; restarting a libp2p node does that"),
    }
}

fn wrong_peer(expected: PeerId, actual: PeerId, address: &Address) -> Failure {
    let place = address.clone().without_peer();
    Failure::new(
        Kind::WrongPeer,
        Fault::Unknown,
        format!("wrong peer id: expected {expected}, but {actual} answers at {place}"),
    )
    .advise(format!(
        "{place}/p2p/{actual} if that is the peer you mean; otherwise the address is out of date, or \
         somebody else has taken it"
    ))
}

fn unreachable(remote: &str, source: &io::Error) -> Failure {
    if source.kind() == io::ErrorKind::ConnectionRefused {
        return Failure::new(
            Kind::Refused,
            Fault::Peer,
            format!("refused: nobody listens at {remote}"),
        )
        .advise("check that the peer runs, and the port");
    }
    Failure::new(
        Kind::Unreachable,
        Fault::Network,
        format!("unreachable: this machine cannot send to {remote}: {source}"),
    )
    .advise("check the network of this machine, and that it has the address family of the peer (IPv4, IPv6)")
}

fn unauthenticated(cause: &Cause, address: &Address) -> Failure {
    match cause.find::<CertificateError>() {
        Some(error) => certificate(error).about(address),
        None => Failure::new(
            Kind::BadCertificate,
            Fault::Peer,
            format!(
                "the peer at {address} could not prove who it is: {}",
                sentence(cause)
            ),
        ),
    }
}

fn rejected(cause: &Cause, address: &Address) -> Failure {
    match cause.find::<QuicReason>() {
        Some(QuicReason::Refused) => Failure::new(
            Kind::Refused,
            Fault::Peer,
            format!("refused: the peer at {address} takes no new connections, or none from here"),
        )
        .advise("again later: the peer is at its limit, is shutting down, or blocks this address"),
        Some(QuicReason::NoCommonProtocol) => Failure::new(
            Kind::NoCommonProtocol,
            Fault::Peer,
            format!("no protocol in common: what listens at {address} speaks QUIC but not libp2p"),
        )
        .advise("check the port: it belongs to another program"),
        Some(QuicReason::VersionMismatch) => Failure::new(
            Kind::NoCommonProtocol,
            Fault::Peer,
            format!("no protocol in common: {address} does not speak QUIC version 1"),
        )
        .advise("a newer version of the peer"),
        Some(QuicReason::RemoteTls { alert: ALERT_CERTIFICATE_EXPIRED, .. }) => {
            our_certificate_outside_its_time(address)
        }
        _ => Failure::new(
            Kind::Refused,
            Fault::Us,
            format!("the peer at {address} refuses the certificate of this side: {}", sentence(cause)),
        )
        .advise("an ed25519 identity, which every peer understands, and a look at the clock of this machine"),
    }
}

fn closed_by_peer(code: ConnectionCode, reason: &str, address: &Address) -> Failure {
    let said = if reason.is_empty() {
        String::new()
    } else {
        format!(", saying {reason:?}")
    };
    let (kind, advice) = match code {
        ConnectionCode::GATED => (
            Kind::Refused,
            "ask its operator: it does not talk to this peer or address",
        ),
        ConnectionCode::RESOURCE_LIMIT_EXCEEDED | ConnectionCode::RATE_LIMITED => {
            (Kind::Refused, "again later: the peer is at its limit")
        }
        ConnectionCode::SHUTDOWN => (
            Kind::Closed,
            "again once it runs: the peer is shutting down",
        ),
        _ => (Kind::Closed, "again; the logs of the peer tell more"),
    };
    Failure::new(
        kind,
        Fault::Peer,
        format!("the peer at {address} closed the connection: {code}{said}"),
    )
    .advise(advice)
}

/// Says whose clock it is, as far as one side can know.
fn outside_its_time(error: &CertificateError, validity: &Validity) -> Failure {
    let is_expired = matches!(error, CertificateError::Expired(_));
    let (fault, advice) = match clock::suspect(validity, is_expired) {
        Suspect::Ours => (
            Fault::Us,
            "setting the clock of this machine: its time cannot be right",
        ),
        Suspect::Theirs => (
            Fault::Peer,
            "setting the clock of the machine that made the certificate, and restarting the node there",
        ),
        Suspect::Either if is_expired => (
            Fault::Unknown,
            "comparing our time above with a clock that you trust: if it is ahead, set the clock of this \
             machine; if it is right, the peer has to restart and make a new certificate",
        ),
        Suspect::Either => (
            Fault::Unknown,
            "comparing our time above with a clock that you trust: if it is behind, set the clock of this \
             machine; if it is right, the clock of the peer is ahead",
        ),
    };
    let message = format!("certificate outside its time: {}", sentence(error));
    Failure::new(Kind::CertificateTime, fault, message).advise(advice)
}

fn our_certificate_outside_its_time(address: &Address) -> Failure {
    let message = format!(
        "certificate outside its time: to the clock of the peer at {address}, the certificate of this side is"
    );
    if clock::is_impossible(SystemTime::now()) {
        return Failure::new(Kind::CertificateTime, Fault::Us, message)
            .advise("setting the clock of this machine: its time cannot be right");
    }
    Failure::new(Kind::CertificateTime, Fault::Unknown, message).advise(
        "comparing the clocks of both machines: the one of this machine is ahead, or the one of the peer behind",
    )
}

/// [RFC 8446 §6.2]
const ALERT_CERTIFICATE_EXPIRED: u8 = 45;

#[cfg(test)]
mod tests;
