//! The serving side.

use tokio::io::AsyncReadExt as _;

use crate::error::Error;
use crate::{Options, Place, host, served};

/// Serves on loopback, prints the addresses, and ends when stdin closes.
pub(crate) async fn run(options: &Options, place: &Place) -> Result<(), Error> {
    let address = host::loopback(options.transport, place.port)?;
    let host = host::start_as(host::identity(place.seed), options, Some(address)).await?;
    served::serve(&host);
    for address in host.listen_addresses() {
        println!("listening {address}");
    }
    let mut stdin = tokio::io::stdin();
    let mut buf = [0; 256];
    while stdin.read(&mut buf).await? > 0 {}
    host.shutdown().await;
    Ok(())
}
