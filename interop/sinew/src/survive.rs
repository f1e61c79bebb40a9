//! What becomes of a connection whose peer is killed, and how soon there is another one.
//!
//! Prints `transferring` once a mebibyte has come back and more is on its way in both directions, one JSON object when
//! the transfer failed, and one more for each line of stdin, which asks for a new connection to the same address.

use std::time::{Duration, Instant};

use serde_json::json;
use sinew::{Address, Host, Stream};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::error::Error;
use crate::served::ECHO;
use crate::{Options, host};

pub(crate) async fn run(address: Address, options: &Options) -> Result<(), Error> {
    let host = host::start(options, None).await?;
    let peer = host.connect(address.clone()).await?;
    let stream = host.open_stream(peer, ECHO).await?;
    let mut transfer = std::pin::pin!(transfer(stream));
    let mut is_lost = false;
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            biased;
            command = commands.next_line() => {
                if command?.is_none() {
                    return Ok(());
                }
                let started = Instant::now();
                let attempts = reconnect(&host, &address).await?;
                let ms = started.elapsed().as_millis();
                println!("{}", json!({ "event": "reconnected", "ms": ms, "attempts": attempts }));
            }
            lost = &mut transfer, if !is_lost => {
                is_lost = true;
                println!("{}", json!({ "event": "lost", "why": lost.to_string() }));
            }
        }
    }
}

/// Sends and receives without a pause until either fails.
async fn transfer(stream: Stream) -> Error {
    let (mut read, mut write) = stream.split();
    let sending = async {
        let block = vec![7; BLOCK];
        loop {
            if let Err(error) = write.write_all(&block).await {
                return error.into();
            }
        }
    };
    let receiving = async {
        let mut missing = UNDER_WAY;
        loop {
            match read.read_bytes().await {
                Ok(Some(bytes)) if missing > 0 => {
                    missing = missing.saturating_sub(bytes.len());
                    if missing == 0 {
                        println!("transferring");
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return Error::unexpected("the stream ended"),
                Err(error) => return error.into(),
            }
        }
    };
    tokio::select! {
        error = sending => error,
        error = receiving => error,
    }
}

/// Connects and echoes, again and again until that works. Returns how often it was tried.
async fn reconnect(host: &Host, address: &Address) -> Result<usize, Error> {
    let mut attempts = 0;
    let trying = async {
        loop {
            attempts += 1;
            match tokio::time::timeout(PATIENCE, attempt(host, address)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => eprintln!("attempt {attempts}: {error}"),
                Err(_) => eprintln!("attempt {attempts}: no answer within {PATIENCE:?}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LIMIT, trying)
        .await
        .map_err(|_| Error::unexpected("no connection within the limit"))?;
    Ok(attempts)
}

async fn attempt(host: &Host, address: &Address) -> Result<(), Error> {
    let peer = host.connect(address.clone()).await?;
    let mut stream = host.open_stream(peer, ECHO).await?;
    exchange(&mut stream).await
}

async fn exchange(stream: &mut Stream) -> Result<(), Error> {
    let sent = [7; 1000];
    let mut received = [0; 1000];
    stream.write_all(&sent).await?;
    stream
        .read_exact(&mut received)
        .await
        .map_err(Error::failed)?;
    Ok(())
}

const BLOCK: usize = 64 * 1024;
/// This much has come back when the transfer counts as being under way.
const UNDER_WAY: usize = 1024 * 1024;
const PAUSE: Duration = Duration::from_millis(10);
/// What a caller waits for an echo, which takes milliseconds, before it asks again.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Longer than any idle timeout, so that a connection that stands in the way shows as time.
const LIMIT: Duration = Duration::from_secs(60);
