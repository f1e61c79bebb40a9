//! What applications do.

use futures_util::future::join_all;
use sinew::{
    CloseReason, ConnectError, DialError, DialFailure, Host, Keypair, NegotiationError, PeerId,
    ReadError,
};
use sinew_testkit::Seed;

use super::{
    book::{Book, Violation},
    echo,
    hosts::{Hosts, UNSERVED},
    letter,
    plan::{Job, Work},
};

/// Does a job to its end, and notes how it went.
pub(super) async fn perform(hosts: Hosts, job: Job, book: Book) {
    let Some(host) = hosts.get(job.from) else {
        return;
    };
    book.count(|tally| tally.jobs += 1);
    let peer = hosts.peer(job.to);
    match job.work {
        Work::GiveUpDialing(after) => {
            let dialing = host.connect_peer(peer, hosts.addresses(job.to));
            // Whether it was done in time is nobody's business.
            host.runtime().timeout(after, dialing).await.ok();
            return;
        }
        Work::DialAsAnother => return dial_as_another(&hosts, &host, job, &book).await,
        Work::Disconnect => {
            host.disconnect(peer);
            return;
        }
        Work::Letter(_)
        | Work::Burst(..)
        | Work::Echo(_)
        | Work::Ping
        | Work::Identify
        | Work::UnknownProtocol => {}
    }
    if let Err(error) = host.connect_peer(peer, hosts.addresses(job.to)).await {
        return book.failed(format!("dial {} -> {}", job.from, job.to), &error);
    }
    book.count(|tally| tally.connects += 1);
    match job.work {
        Work::Letter(letter) => letter::write(&hosts, &job, letter, &book).await,
        Work::Burst(count, letter) => {
            let letters = (0..count).map(|_| letter::write(&hosts, &job, letter, &book));
            join_all(letters).await;
        }
        Work::Echo(len) => echo::ask(&hosts, &job, len, &book).await,
        Work::Ping => match host.ping(peer).await {
            Ok(_) => book.count(|tally| tally.pings += 1),
            Err(error) => book.failed("ping", &error),
        },
        Work::Identify => match host.identify(peer).await {
            Ok(_) => {}
            Err(error) => book.failed("identify", &error),
        },
        Work::UnknownProtocol => ask_in_vain(&host, peer, &book).await,
        Work::GiveUpDialing(_) | Work::DialAsAnother | Work::Disconnect => {}
    }
}

/// Asks for a protocol that nobody serves.
async fn ask_in_vain(host: &Host, peer: PeerId, book: &Book) {
    let what = "a protocol that nobody serves";
    let mut stream = match host.open_stream(peer, UNSERVED).await {
        Ok(stream) => stream,
        Err(error) => return book.failed(what, &error),
    };
    match stream.read_bytes().await {
        Ok(_) => book.violated(Violation::Succeeded { what }),
        Err(ReadError::Negotiation(NegotiationError::NoCommonProtocol { offered }))
            if offered.iter().all(|it| it.as_str() == UNSERVED) => {}
        Err(error) => book.failed(what, &error),
    }
}

/// Dials a host's addresses as those of somebody who does not exist.
async fn dial_as_another(hosts: &Hosts, host: &Host, job: Job, book: &Book) {
    let what = "a dial to a peer that does not exist";
    let nobody = Keypair::ed25519_from_secret(Seed::new(job.to as u64).child("nobody").bytes());
    let nobody = nobody.peer_id();
    let addresses = hosts.addresses(job.to);
    let addresses = addresses.into_iter().map(|it| it.with_peer(nobody));
    let Err(error) = host.connect_peer(nobody, addresses).await else {
        return book.violated(Violation::Succeeded { what });
    };
    if !is_wrong_peer(&error, nobody, hosts.peer(job.to)) {
        book.failed(what, &error);
    }
}

/// Says whether each address was found to be that of `there`.
fn is_wrong_peer(error: &ConnectError, wanted: PeerId, there: PeerId) -> bool {
    let ConnectError::AllFailed(failed) = error else {
        return false;
    };
    failed.attempts.iter().all(|attempt| {
        let DialFailure::Transport(DialError::Failed { reason, .. }) = &attempt.error else {
            return false;
        };
        matches!(reason, CloseReason::WrongPeer { expected, actual }
            if (*expected, *actual) == (wanted, there))
    })
}

#[cfg(test)]
mod tests;
