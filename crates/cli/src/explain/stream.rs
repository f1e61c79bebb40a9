//! Why a stream, or the protocol that is spoken on it, failed.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error with no advice of its own is told in its own words"
)]

use std::path::Path;

use sinew::{
    IdentifyError, NegotiationError, OpenStreamError, Protocol, ReadError, StreamCode, WriteError,
    echo::EchoError,
    file_transfer::{self, Refusal, SendError},
    identify,
    perf::{self, RunError},
    ping::PingError,
};

use super::{Remote, connection::close};
use crate::failure::{Failure, Fault, Kind, sentence};

/// Explains why no stream was opened.
pub(crate) fn open_stream(error: &OpenStreamError, remote: &Remote) -> Failure {
    match error {
        OpenStreamError::Closed(reason) => close(reason, &remote.address),
        OpenStreamError::Negotiation(error) => negotiation(error, remote),
        OpenStreamError::TimedOut { .. } => {
            Failure::new(Kind::Timeout, Fault::Peer, sentence(error))
                .advise("try again later: the peer is overloaded, or out of streams for us")
        }
        OpenStreamError::NotConnected { .. } => Failure::new(
            Kind::Closed,
            Fault::Peer,
            format!("the connection with {} is over", remote.address),
        )
        .advise("try again"),
        _ => Failure::new(Kind::Local, Fault::Us, sentence(error)),
    }
}

/// Explains why a ping was not answered.
pub(crate) fn ping(error: &PingError, remote: &Remote) -> Failure {
    match error {
        PingError::Read(error) => read(error, remote),
        PingError::Write(error) => write(error, remote),
        PingError::TimedOut { limit } => Failure::new(
            Kind::Timeout,
            Fault::Network,
            format!("no answer to a ping from {} within {limit:?}", remote.peer),
        )
        .advise("check that the peer still runs and can still be reached"),
        _ => Failure::new(Kind::Mismatch, Fault::Peer, sentence(error))
            .advise("look at the version of the peer: it does not answer pings as it should"),
    }
}

/// Explains why an echo failed.
pub(crate) fn echo(error: &EchoError, remote: &Remote) -> Failure {
    match error {
        EchoError::Read(error) => read(error, remote),
        EchoError::Write(error) => write(error, remote),
        _ => Failure::new(Kind::Mismatch, Fault::Peer, sentence(error))
            .advise("use another --protocol: this one does not send back what it gets"),
    }
}

/// Explains why a measurement came to nothing.
pub(crate) fn perf(error: &RunError, streams: u16, remote: &Remote) -> Failure {
    match error {
        RunError::Read(ReadError::Reset(_)) if streams > 1 => {
            Failure::new(Kind::Refused, Fault::Peer, sentence(error))
                .advise("leave out --streams: some peers serve one at a time, as js-libp2p does")
        }
        RunError::Read(error) => read(error, remote),
        RunError::Write(error) => write(error, remote),
        RunError::Refused { .. } => Failure::new(Kind::Refused, Fault::Peer, sentence(error))
            .advise("try again later, or with fewer --streams"),
        RunError::Stalled { .. } => Failure::new(Kind::Timeout, Fault::Unknown, sentence(error))
            .advise("check that the peer still runs and can still be reached"),
        _ => Failure::new(Kind::Violation, Fault::Peer, sentence(error))
            .advise("look at the version of the peer: it does not speak perf as it should"),
    }
}

/// Explains why a peer did not say who it is.
pub(crate) fn identify(error: &IdentifyError, remote: &Remote) -> Failure {
    match error {
        IdentifyError::OpenStream(error) => open_stream(error, remote),
        IdentifyError::Identify(identify::IdentifyError::Read(error)) => read(error, remote),
        IdentifyError::Identify(identify::IdentifyError::Write(error)) => write(error, remote),
        IdentifyError::TimedOut { .. } => Failure::new(Kind::Timeout, Fault::Peer, sentence(error))
            .advise("try again later: the peer is connected and does not answer"),
        _ => Failure::new(Kind::Violation, Fault::Peer, sentence(error))
            .advise("look at the version of the peer: it does not identify itself as it should"),
    }
}

/// Explains why a file was not sent.
pub(crate) fn send(error: &SendError, file: &Path, remote: &Remote) -> Failure {
    let failure = match error {
        SendError::Read(error) => return read(error, remote).about(file.display()),
        SendError::Write(error) => return write(error, remote).about(file.display()),
        SendError::Refused(refusal) => return refused(*refusal).about(file.display()),
        SendError::Stalled { .. } => {
            Failure::new(Kind::Timeout, Fault::Peer, sentence(error)).advise(RESUMES)
        }
        SendError::Violation(_) => {
            Failure::new(Kind::Violation, Fault::Peer, sentence(error)).advise("update both sides")
        }
        // These name the file themselves.
        SendError::SourceChanged { .. } => {
            return Failure::file(error).advise("try again once nothing writes to the file");
        }
        _ => return Failure::file(error),
    };
    failure.about(file.display())
}

fn refused(refusal: Refusal) -> Failure {
    let message = format!("the peer does not take it: {refusal}");
    Failure::new(Kind::Refused, Fault::Peer, message).advise(match refusal {
        Refusal::UnsafeName => "give the file another name",
        Refusal::NameTaken | Refusal::Obstructed => {
            "give the file another name: what the peer has under this one is not overwritten"
        }
        Refusal::TooLarge | Refusal::StorageFull | Refusal::StorageFailed => {
            "ask the operator of the peer"
        }
        _ => RESUMES,
    })
}

fn read(error: &ReadError, remote: &Remote) -> Failure {
    match error {
        ReadError::Negotiation(error) => negotiation(error, remote),
        ReadError::Closed(reason) => close(reason, &remote.address),
        _ => gave_up(sentence(error)),
    }
}

fn write(error: &WriteError, remote: &Remote) -> Failure {
    match error {
        WriteError::Negotiation(error) => negotiation(error, remote),
        WriteError::Closed(reason) => close(reason, &remote.address),
        _ => gave_up(sentence(error)),
    }
}

fn gave_up(message: String) -> Failure {
    Failure::new(Kind::Refused, Fault::Peer, message)
        .advise("try again; the logs of the peer tell more")
}

/// Explains why no protocol was agreed on.
fn negotiation(error: &NegotiationError, remote: &Remote) -> Failure {
    match error {
        NegotiationError::NoCommonProtocol { offered } => no_common_protocol(offered, remote),
        NegotiationError::Stream(error) => match &**error {
            ReadError::Closed(reason) => close(reason, &remote.address),
            // Some peers say no in this way.
            ReadError::Reset(StreamCode::NO_ERROR) => Failure::new(
                Kind::NoCommonProtocol,
                Fault::Peer,
                format!(
                    "most likely no protocol in common: {} dropped the stream instead of agreeing",
                    remote.peer
                ),
            )
            .advise(WHAT_IT_SPEAKS),
            _ => gave_up(sentence(error)),
        },
        _ => Failure::new(Kind::Violation, Fault::Peer, sentence(error))
            .advise("look at what listens there: it does not speak as libp2p does"),
    }
}

fn no_common_protocol(offered: &[Protocol], remote: &Remote) -> Failure {
    let names: Vec<_> = offered.iter().map(Protocol::as_str).collect();
    let message = format!(
        "no protocol in common: {} does not speak {}",
        remote.peer,
        names.join(" or ")
    );
    let advice = if offered.contains(&file_transfer::PROTOCOL) {
        "send to a node that takes files: one that was started with `sinew node --receive DIR`"
    } else if offered.contains(&perf::PROTOCOL) {
        "measure a node that allows it: one that was started with `sinew node --perf`"
    } else {
        WHAT_IT_SPEAKS
    };
    Failure::new(Kind::NoCommonProtocol, Fault::Peer, message).advise(advice)
}

const RESUMES: &str = "try again: what has arrived is not sent twice";
const WHAT_IT_SPEAKS: &str = "see what the peer speaks: `sinew identify MULTIADDR` lists it";
