//! One echo of 1 MiB, for options that the `sinew` program has not.

use sinew::Address;
use sinew::echo::{echo, pattern};

use crate::error::Error;
use crate::served::ECHO;
use crate::{Options, host};

/// Sends, and checks that everything comes back.
pub(crate) async fn run(address: Address, options: &Options) -> Result<(), Error> {
    let host = host::start(options, None).await?;
    let peer = host.connect(address).await?;
    let stream = host.open_stream(peer, ECHO).await?;
    echo(stream, pattern(BYTES)).await.map_err(Error::failed)?;
    host.shutdown().await;
    Ok(())
}

const BYTES: u64 = 1024 * 1024;
