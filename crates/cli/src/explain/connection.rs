//! Why a connection did not come to be, or is over.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error with no advice of its own is told in its own words"
)]

use std::{io, net::SocketAddr};

use sinew::{Address, Cause, CloseReason, ConnectionCode, PeerId, Phase};
use sinew_quic_proto::CloseReason as QuicReason;
use sinew_tcp_proto::Error as TcpError;
use sinew_tls::CertificateError;

use super::certificate::{certificate, ours_outside_its_time};
use crate::failure::{Failure, Fault, Kind, sentence};

/// Explains why a connection to `address` is over, or did not come to be.
pub(super) fn close(reason: &CloseReason, address: &Address) -> Failure {
    match reason {
        CloseReason::WrongPeer { expected, actual } => wrong_peer(*expected, *actual, address),
        CloseReason::HandshakeTimedOut {
            after,
            phase: Phase::Contact,
        } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("no answer from {address} within {after:?}: nothing at all came back"),
        )
        .advise(
            "check that the peer runs and listens on this address and port, and that no firewall drops what \
             is sent there",
        ),
        CloseReason::HandshakeTimedOut { after, phase } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("{address} answers, but the connection did not get past {phase} within {after:?}"),
        )
        .advise("try again with a longer --timeout: packets are being lost, or the peer is overloaded"),
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
        .advise("try again"),
        CloseReason::Violation(_) => Failure::new(
            Kind::Violation,
            Fault::Peer,
            format!("{address} does not keep to the protocol: {}", sentence(reason)),
        )
        .advise("see whether something else than libp2p listens there; else update both sides"),
        _ => Failure::new(Kind::Closed, Fault::Us, sentence(reason)),
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
        "dial {place}/p2p/{actual} if that is the peer you mean; otherwise the address is out of date, or \
         somebody else has taken it"
    ))
}

/// Explains that nothing can be sent to a place, or that nobody listens there.
pub(crate) fn unreachable(remote: SocketAddr, source: &io::Error) -> Failure {
    // Windows calls it a reset.
    if matches!(
        source.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    ) {
        return refused(remote);
    }
    Failure::new(
        Kind::Unreachable,
        Fault::Network,
        format!("unreachable: this machine cannot send to {remote}: {source}"),
    )
    .advise("check the network of this machine, and that it has the address family of the peer (IPv4, IPv6)")
}

/// Explains that somebody answered for a place that nobody listens there.
pub(super) fn refused(remote: SocketAddr) -> Failure {
    Failure::new(
        Kind::Refused,
        Fault::Peer,
        format!("refused: nobody listens at {remote}"),
    )
    .advise("check that the peer runs, and the port")
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
        )
        .advise("see whether something else than libp2p listens there; else update both sides"),
    }
}

fn rejected(cause: &Cause, address: &Address) -> Failure {
    if let Some(error) = cause.find::<TcpError>() {
        return rejected_over_tcp(error, address);
    }
    if cause.find::<io::Error>().is_some() {
        return hung_up(address);
    }
    match cause.find::<QuicReason>() {
        Some(QuicReason::Refused) => Failure::new(
            Kind::Refused,
            Fault::Peer,
            format!("refused: the peer at {address} takes no new connections, or none from here"),
        )
        .advise("try again later: the peer is at its limit, is shutting down, or blocks this address"),
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
        .advise("have the peer updated"),
        Some(QuicReason::RemoteTls { alert: ALERT_CERTIFICATE_EXPIRED, .. }) => {
            ours_outside_its_time(address)
        }
        _ => Failure::new(
            Kind::Refused,
            Fault::Us,
            format!("the peer at {address} refuses the certificate of this side: {}", sentence(cause)),
        )
        .advise("use an ed25519 key, which every peer understands, and look at the clock of this machine"),
    }
}

fn rejected_over_tcp(error: &TcpError, address: &Address) -> Failure {
    match error {
        TcpError::NoCommonSecurity => Failure::new(
            Kind::NoCommonProtocol,
            Fault::Peer,
            format!("no protocol in common: the peer at {address} secures connections in another way"),
        )
        .advise("leave out --security, or use the one that the peer has"),
        TcpError::NoCommonMuxer => Failure::new(
            Kind::NoCommonProtocol,
            Fault::Peer,
            format!("no protocol in common: the peer at {address} does not speak yamux"),
        )
        .advise("have the peer updated"),
        TcpError::RemoteAlert { alert: ALERT_CERTIFICATE_EXPIRED, .. } => {
            ours_outside_its_time(address)
        }
        TcpError::Truncated { .. } => hung_up(address),
        _ => Failure::new(
            Kind::Refused,
            Fault::Us,
            format!("the peer at {address} refuses the certificate of this side: {}", sentence(error)),
        )
        .advise("use an ed25519 key, which every peer understands, and look at the clock of this machine"),
    }
}

/// Explains that a connection was ended before it was one.
fn hung_up(address: &Address) -> Failure {
    Failure::new(
        Kind::Refused,
        Fault::Peer,
        format!("refused: {address} hung up during the handshake"),
    )
    .advise(
        "try again later: the peer is at its limit, is shutting down, or blocks this address; or see whether \
         something else than libp2p listens there",
    )
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
            (Kind::Refused, "try again later: the peer is at its limit")
        }
        ConnectionCode::SHUTDOWN => (
            Kind::Closed,
            "try again once it runs: the peer is shutting down",
        ),
        _ => (Kind::Closed, "try again; the logs of the peer tell more"),
    };
    Failure::new(
        kind,
        Fault::Peer,
        format!("the peer at {address} closed the connection: {code}{said}"),
    )
    .advise(advice)
}

/// [RFC 8446 §6.2]
const ALERT_CERTIFICATE_EXPIRED: u8 = 45;
