//! The serving side.

use serde_json::json;
use sinew::{Event, Events};
use tokio::io::AsyncReadExt as _;

use crate::error::{Error, with_causes};
use crate::{Options, Place, host, served};

/// Serves on loopback, prints the addresses and why each connection ended, and ends when stdin closes.
pub(crate) async fn run(options: &Options, place: &Place) -> Result<(), Error> {
    let address = host::loopback(options.transport, place.port)?;
    let host = host::start_as(host::identity(place.seed), options, Some(address)).await?;
    served::serve(&host);
    tokio::spawn(tell_ends(host.events()));
    for address in host.listen_addresses() {
        println!("listening {address}");
    }
    let mut stdin = tokio::io::stdin();
    let mut buf = [0; 256];
    while stdin.read(&mut buf).await? > 0 {}
    host.shutdown().await;
    Ok(())
}

async fn tell_ends(mut events: Events) {
    while let Some(event) = events.next().await {
        if let Event::ConnectionClosed { reason, .. } = event {
            let why = with_causes(&reason);
            println!("{}", json!({ "event": "disconnected", "why": why }));
        }
    }
}
