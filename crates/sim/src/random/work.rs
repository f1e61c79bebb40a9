//! What applications do.

use futures_util::future::join_all;
use sinew::{Host, Keypair};
use sinew_testkit::Seed;

use super::{
    book::{Book, Violation},
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
        Work::Letter(_) | Work::Burst(..) | Work::Ping | Work::Identify | Work::UnknownProtocol => {
        }
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
        Work::Ping => match host.ping(peer).await {
            Ok(_) => book.count(|tally| tally.pings += 1),
            Err(error) => book.failed("ping", &error),
        },
        Work::Identify => match host.identify(peer).await {
            Ok(_) => {}
            Err(error) => book.failed("identify", &error),
        },
        Work::UnknownProtocol => {
            let opened = host.open_stream(peer, UNSERVED).await;
            let read = match opened {
                Ok(mut stream) => stream.read_bytes().await.map_err(drop),
                Err(_) => Err(()),
            };
            if read.is_ok() {
                let what = "a protocol that nobody serves";
                book.violated(Violation::Succeeded { what });
            }
        }
        Work::GiveUpDialing(_) | Work::DialAsAnother | Work::Disconnect => {}
    }
}

/// Dials a host's addresses as those of somebody who does not exist.
async fn dial_as_another(hosts: &Hosts, host: &Host, job: Job, book: &Book) {
    let nobody = Keypair::ed25519_from_secret(Seed::new(job.to as u64).child("nobody").bytes());
    let nobody = nobody.peer_id();
    let addresses = hosts.addresses(job.to);
    let addresses = addresses.into_iter().map(|it| it.with_peer(nobody));
    if host.connect_peer(nobody, addresses).await.is_ok() {
        let what = "a dial to a peer that does not exist";
        book.violated(Violation::Succeeded { what });
    }
}
