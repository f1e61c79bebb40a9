//! What becomes of a connection whose peer is killed, and how soon there is another one.
//!
//! Prints `transferring` once a mebibyte has come back and more is on its way in both directions, one JSON object when
//! the transfer failed, and one more for each line of stdin, which asks for a new connection to the same address.

use std::io;
use std::time::{Duration, Instant};

use futures::io::{ReadHalf, WriteHalf};
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, Stream, Swarm};
use libp2p_stream::Control;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::host::{self, Behaviour};
use crate::{Options, dial, echo};

pub(crate) async fn run(address: &Multiaddr, options: &Options) -> Result<(), Error> {
    let peer = dial::peer_of(address).ok_or(Error::NoPeerId)?;
    let swarm = host::new(options)?;
    let control = swarm.behaviour().stream.new_control();
    let (dials, wanted) = mpsc::unbounded_channel();
    tokio::spawn(drive(swarm, wanted));
    let dialer = Dialer {
        control,
        dials,
        peer,
        address: address.clone(),
    };

    let (stream, _) = dialer.connect().await?;
    tokio::spawn(transfer(stream));
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    while commands.next_line().await?.is_some() {
        let started = Instant::now();
        let (_, attempts) = dialer.connect().await?;
        let ms = started.elapsed().as_millis();
        println!(
            "{}",
            json!({ "event": "reconnected", "ms": ms, "attempts": attempts })
        );
    }
    Ok(())
}

/// Runs the swarm, and dials what is wanted.
async fn drive(mut swarm: Swarm<Behaviour>, mut wanted: mpsc::UnboundedReceiver<DialOpts>) {
    loop {
        tokio::select! {
            event = swarm.select_next_some() => eprintln!("{event:?}"),
            Some(dial) = wanted.recv() => {
                if let Err(error) = swarm.dial(dial) {
                    eprintln!("{error}");
                }
            }
        }
    }
}

struct Dialer {
    control: Control,
    dials: mpsc::UnboundedSender<DialOpts>,
    peer: PeerId,
    address: Multiaddr,
}

impl Dialer {
    /// Connects and echoes, again and again until that works. Returns the stream, and how often it was tried.
    async fn connect(&self) -> Result<(Stream, usize), Error> {
        let mut attempts = 0;
        let trying = async {
            loop {
                attempts += 1;
                match self.attempt().await {
                    Ok(stream) => break (stream, attempts),
                    Err(error) => eprintln!("attempt {attempts}: {error}"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let tried = tokio::time::timeout(LIMIT, trying).await;
        tried.map_err(|_| Error::TimedOut(LIMIT.as_secs()))
    }

    async fn attempt(&self) -> Result<Stream, Error> {
        // Does nothing while there is a connection, or one is being made.
        let dial = DialOpts::peer_id(self.peer).addresses(vec![self.address.clone()]);
        let _ = self.dials.send(dial.build());
        let mut control = self.control.clone();
        let mut stream = control.open_stream(self.peer, echo::PROTOCOL).await?;
        exchange(&mut stream).await?;
        Ok(stream)
    }
}

/// Sends and receives without a pause until either fails.
async fn transfer(stream: Stream) {
    let (reader, writer) = stream.split();
    let error = tokio::select! {
        error = send(writer) => error,
        error = receive(reader) => error,
    };
    println!("{}", json!({ "event": "lost", "why": error.to_string() }));
}

async fn send(mut writer: WriteHalf<Stream>) -> io::Error {
    let block = vec![7; BLOCK];
    loop {
        if let Err(error) = writer.write_all(&block).await {
            return error;
        }
    }
}

async fn receive(mut reader: ReadHalf<Stream>) -> io::Error {
    let mut buf = vec![0; BLOCK];
    let mut missing = UNDER_WAY;
    loop {
        let length = match reader.read(&mut buf).await {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(length) => length,
            Err(error) => return error,
        };
        if missing > 0 {
            missing = missing.saturating_sub(length);
            if missing == 0 {
                println!("transferring");
            }
        }
    }
}

async fn exchange(stream: &mut Stream) -> Result<(), Error> {
    stream.write_all(&[7; 1000]).await?;
    stream.flush().await?;
    stream.read_exact(&mut [0; 1000]).await?;
    Ok(())
}

const BLOCK: usize = 64 * 1024;
/// This much has come back when the transfer counts as being under way.
const UNDER_WAY: usize = 1024 * 1024;
const PAUSE: Duration = Duration::from_millis(10);
/// Longer than any idle timeout, so that a connection that stands in the way shows as time.
const LIMIT: Duration = Duration::from_secs(60);
