//! Streams that end in unusual ways, each tried on a peer that serves what `served` lists.

use std::collections::BTreeMap;
use std::time::Duration;

use sinew::{Address, Host, NegotiationError, PeerId, ReadError, Stream, StreamCode};

use crate::error::Error;
use crate::served::{ECHO, HOLD, LATE, RESET, SEEN, WATCH};
use crate::{Options, host};

/// What is printed: for each case `null`, or what went wrong.
#[derive(serde::Serialize)]
struct Report {
    ok: bool,
    muxer: Option<String>,
    cases: BTreeMap<&'static str, Option<String>>,
}

/// Tries every case over one connection.
pub(crate) async fn run(address: Address, options: &Options) -> Result<(), Error> {
    let host = host::start(options, None).await?;
    let peer = host.connect(address).await?;
    let cases = Cases { host, peer };
    let report = cases.all().await;
    println!("{}", serde_json::json!(report));
    cases.host.shutdown().await;
    if report.ok {
        return Ok(());
    }
    Err(Error::unexpected("not every case went as it should"))
}

struct Cases {
    host: Host,
    peer: PeerId,
}

impl Cases {
    async fn all(&self) -> Report {
        let cases = BTreeMap::from([
            ("unserved protocol", within_limit(self.unserved()).await),
            (
                "dialer ends first",
                within_limit(self.dialer_ends_first()).await,
            ),
            (
                "listener ends first",
                within_limit(self.listener_ends_first()).await,
            ),
            ("dialer resets", within_limit(self.dialer_resets()).await),
            (
                "listener resets",
                within_limit(self.listener_resets()).await,
            ),
            ("200 streams", within_limit(self.many_streams()).await),
        ]);
        let connection = self.host.connections().pop();
        Report {
            ok: cases.values().all(Option::is_none),
            muxer: connection.map(|connection| connection.security.to_string()),
            cases,
        }
    }

    /// A protocol that the listener does not serve: we are told so, and the connection lives on.
    async fn unserved(&self) -> Result<(), Error> {
        let mut stream = self.open("/interop/nobody-serves-this/1.0.0").await?;
        match stream.read_bytes().await {
            Err(ReadError::Negotiation(NegotiationError::NoCommonProtocol { .. })) => {}
            other => return Err(Error::unexpected(format!("not refused but: {other:?}"))),
        }
        self.echo_on(self.open(ECHO).await?, b"still here").await
    }

    /// All of them are open, and served, before the first of them ends.
    async fn many_streams(&self) -> Result<(), Error> {
        let mut streams = Vec::with_capacity(STREAMS);
        for _ in 0..STREAMS {
            let mut stream = self.open(ECHO).await?;
            // rust-libp2p drops streams that arrive faster than they are taken.
            stream.write_all(b"?").await?;
            let mut answer = [0; 1];
            stream
                .read_exact(&mut answer)
                .await
                .map_err(Error::failed)?;
            expect_bytes(&answer, b"?")?;
            streams.push(stream);
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            stream.write_all(&payload(number)).await?;
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            let mut received = vec![0; PAYLOAD];
            stream
                .read_exact(&mut received)
                .await
                .map_err(Error::failed)?;
            if received != payload(number) {
                return Err(Error::unexpected(format!(
                    "stream {number} came back changed"
                )));
            }
        }
        for mut stream in streams {
            stream.finish()?;
            expect_end(&mut stream).await?;
        }
        Ok(())
    }

    /// We end our side; the listener, who waited for that, still answers.
    async fn dialer_ends_first(&self) -> Result<(), Error> {
        let mut stream = self.open(LATE).await?;
        stream.write_all(&[7; 100_000]).await?;
        stream.finish()?;
        expect_text(&mut stream, "100000").await
    }

    /// The listener ends its side at once; what we send after that still arrives.
    async fn listener_ends_first(&self) -> Result<(), Error> {
        let mut stream = self.open(WATCH).await?;
        expect_text(&mut stream, "hello").await?;
        stream.write_all(&[7; 100_000]).await?;
        stream.finish()?;
        self.seen("end 100000").await
    }

    /// We reset in the middle; the listener must not take that for an end.
    async fn dialer_resets(&self) -> Result<(), Error> {
        let mut stream = self.open(HOLD).await?;
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).await.map_err(Error::failed)?;
        expect_bytes(&hello, b"hello")?;
        stream.write_all(&[7; 1000]).await?;
        stream.reset(StreamCode::NO_ERROR);
        self.seen("reset").await
    }

    /// The listener resets; we must not take that for an end.
    async fn listener_resets(&self) -> Result<(), Error> {
        let mut stream = self.open(RESET).await?;
        stream.write_all(&[7]).await?;
        match stream.read_bytes().await {
            Err(ReadError::Reset(_)) => Ok(()),
            other => Err(Error::unexpected(format!("not reset but: {other:?}"))),
        }
    }

    async fn open(&self, protocol: &'static str) -> Result<Stream, Error> {
        Ok(self.host.open_stream(self.peer, protocol).await?)
    }

    async fn echo_on(&self, mut stream: Stream, sent: &[u8]) -> Result<(), Error> {
        stream.write_all(sent).await?;
        stream.finish()?;
        let received = stream
            .read_to_end(sent.len() + 1)
            .await
            .map_err(Error::failed)?;
        if received == sent {
            return Ok(());
        }
        Err(Error::unexpected("an echo came back changed"))
    }

    /// Asks until the listener saw its watched stream end like this; it may not have happened yet.
    async fn seen(&self, wanted: &str) -> Result<(), Error> {
        let mut last = String::new();
        for _ in 0..SEEN_TRIES {
            let mut stream = self.open(SEEN).await?;
            stream.finish()?;
            let answer = stream.read_to_end(1024).await.map_err(Error::failed)?;
            last = String::from_utf8_lossy(&answer).into_owned();
            if last == wanted {
                return Ok(());
            }
            tokio::time::sleep(SEEN_INTERVAL).await;
        }
        Err(Error::unexpected(format!(
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
    let received = stream.read_to_end(1024).await.map_err(Error::failed)?;
    expect_bytes(&received, wanted.as_bytes())
}

fn expect_bytes(received: &[u8], wanted: &[u8]) -> Result<(), Error> {
    if received == wanted {
        return Ok(());
    }
    let [received, wanted] = [received, wanted].map(String::from_utf8_lossy);
    Err(Error::unexpected(format!(
        "`{received}` came, not `{wanted}`"
    )))
}

async fn expect_end(stream: &mut Stream) -> Result<(), Error> {
    match stream.read_bytes().await? {
        None => Ok(()),
        Some(_) => Err(Error::unexpected("more came back than was sent")),
    }
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
