//! Streams that end in unusual ways, each tried on a peer that serves what `served` lists.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, OpenStreamError};
use serde::Serialize;

use crate::error::Error;
use crate::served::{HOLD, LATE, RESET, SEEN, WATCH};
use crate::{Options, dial, echo, host};

/// What is printed: for each case `null`, or what went wrong.
#[derive(Serialize)]
struct Report {
    ok: bool,
    cases: BTreeMap<&'static str, Option<String>>,
}

/// Tries every case over one connection, and returns whether all went as they should.
pub(crate) async fn run(address: Multiaddr, options: &Options) -> Result<bool, Error> {
    let peer = dial::peer_of(&address).ok_or(Error::NoPeerId)?;
    let mut swarm = host::new(options)?;
    let control = swarm.behaviour().stream.new_control();
    swarm.dial(address)?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { .. } => break,
            SwarmEvent::OutgoingConnectionError { error, .. } => return Err(error.into()),
            event => eprintln!("{event:?}"),
        }
    }
    tokio::spawn(async move {
        loop {
            eprintln!("{:?}", swarm.select_next_some().await);
        }
    });
    let cases = Cases { control, peer }.all().await;
    let ok = cases.values().all(Option::is_none);
    println!("{}", serde_json::json!(Report { ok, cases }));
    Ok(ok)
}

struct Cases {
    control: Control,
    peer: PeerId,
}

impl Cases {
    async fn all(&self) -> BTreeMap<&'static str, Option<String>> {
        BTreeMap::from([
            ("unserved protocol", within_limit(self.unserved()).await),
            ("200 streams", within_limit(self.many_streams()).await),
            (
                "dialer ends first",
                within_limit(self.dialer_ends_first()).await,
            ),
            (
                "listener ends first",
                within_limit(self.listener_ends_first()).await,
            ),
            (
                "listener resets",
                within_limit(self.listener_resets()).await,
            ),
            ("dialer resets", within_limit(self.dialer_resets()).await),
        ])
    }

    /// A protocol that the listener does not serve: we are told so, and the connection lives on.
    async fn unserved(&self) -> Result<(), Error> {
        let unserved = StreamProtocol::new("/interop/nobody-serves-this/1.0.0");
        match self.control.clone().open_stream(self.peer, unserved).await {
            Err(OpenStreamError::UnsupportedProtocol(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(Error::Unexpected("it was opened".to_owned())),
        }
        let mut stream = self.open(echo::PROTOCOL).await?;
        stream.write_all(b"still here").await?;
        stream.close().await?;
        expect_text(&mut stream, "still here").await
    }

    /// All of them are open before the first of them ends.
    async fn many_streams(&self) -> Result<(), Error> {
        let mut streams = Vec::with_capacity(STREAMS);
        for _ in 0..STREAMS {
            streams.push(self.open(echo::PROTOCOL).await?);
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            stream.write_all(&payload(number)).await?;
            stream.flush().await?;
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            let mut received = vec![0; PAYLOAD];
            stream.read_exact(&mut received).await?;
            if received != payload(number) {
                return Err(Error::Unexpected(format!(
                    "stream {number} came back changed"
                )));
            }
        }
        for mut stream in streams {
            stream.close().await?;
            expect_text(&mut stream, "").await?;
        }
        Ok(())
    }

    /// We end our side; the listener, who waited for that, still answers.
    async fn dialer_ends_first(&self) -> Result<(), Error> {
        let mut stream = self.open(LATE).await?;
        stream.write_all(&[7; 100_000]).await?;
        stream.close().await?;
        expect_text(&mut stream, "100000").await
    }

    /// The listener ends its side at once; what we send after that still arrives.
    async fn listener_ends_first(&self) -> Result<(), Error> {
        let mut stream = self.open(WATCH).await?;
        expect_text(&mut stream, "hello").await?;
        stream.write_all(&[7; 100_000]).await?;
        stream.close().await?;
        self.seen("end 100000").await
    }

    /// We drop a stream whose sides are both open, there is no other way to reset one; the listener must not take that
    /// for an end.
    async fn dialer_resets(&self) -> Result<(), Error> {
        let mut stream = self.open(HOLD).await?;
        stream.read_exact(&mut [0; 5]).await?;
        stream.write_all(&[7; 1000]).await?;
        stream.flush().await?;
        drop(stream);
        self.seen("reset").await
    }

    /// The listener resets; we must not take that for an end.
    async fn listener_resets(&self) -> Result<(), Error> {
        let mut stream = self.open(RESET).await?;
        stream.write_all(&[7]).await?;
        stream.flush().await?;
        match stream.read(&mut [0]).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            other => Err(Error::Unexpected(format!("not reset but: {other:?}"))),
        }
    }

    async fn open(&self, protocol: StreamProtocol) -> Result<Stream, Error> {
        Ok(self
            .control
            .clone()
            .open_stream(self.peer, protocol)
            .await?)
    }

    /// Asks until the listener saw its watched stream end like this; it may not have happened yet.
    async fn seen(&self, wanted: &str) -> Result<(), Error> {
        let mut last = String::new();
        for _ in 0..SEEN_TRIES {
            let mut stream = self.open(SEEN).await?;
            stream.close().await?;
            last.clear();
            stream.read_to_string(&mut last).await?;
            if last == wanted {
                return Ok(());
            }
            tokio::time::sleep(SEEN_INTERVAL).await;
        }
        Err(Error::Unexpected(format!(
            "the listener saw `{last}`, not `{wanted}`"
        )))
    }
}

/// Returns what went wrong, if something did.
async fn within_limit(case: impl Future<Output = Result<(), Error>>) -> Option<String> {
    match tokio::time::timeout(CASE_LIMIT, case).await {
        Ok(outcome) => outcome.err().map(|error| error.to_string()),
        Err(_) => Some(format!("nothing happened for {} s", CASE_LIMIT.as_secs())),
    }
}

async fn expect_text(stream: &mut Stream, wanted: &str) -> Result<(), Error> {
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    if received == wanted {
        return Ok(());
    }
    Err(Error::Unexpected(format!(
        "`{received}` came, not `{wanted}`"
    )))
}

/// Other bytes for each stream.
fn payload(number: usize) -> Vec<u8> {
    number.to_le_bytes().repeat(PAYLOAD / size_of::<usize>())
}

const STREAMS: usize = 200;
const PAYLOAD: usize = 1024;

/// Far more than any case takes.
const CASE_LIMIT: Duration = Duration::from_secs(10);
const SEEN_TRIES: usize = 100;
const SEEN_INTERVAL: Duration = Duration::from_millis(20);
