//! Sinew as the application of libp2p's own cross-implementation transport test.
//!
//! The environment says what to do (see `task`), the listener hands its address over through a list in Redis, and
//! the dialer prints on stdout how long connecting and one ping took. Everything else goes to stderr.

mod address_list;
mod task;

use std::time::{Duration, Instant};

use sinew::Address;
use tracing_subscriber::filter::LevelFilter;

use crate::error::Error;
use crate::host;

use address_list::AddressList;
use task::{Form, Role, Task};

/// Does what the environment asks for, within the time that it allows.
pub(crate) async fn run() -> Result<(), Error> {
    let task = Task::read(|name| std::env::var(name).ok())?;
    log_to_stderr(task.is_verbose);
    let deadline = Instant::now() + task.limit;
    let work = async {
        match task.role {
            Role::Listener => listen(&task, deadline).await,
            Role::Dialer => dial(&task, deadline).await,
        }
    };
    let in_time = tokio::time::timeout_at(deadline.into(), work).await;
    in_time.unwrap_or_else(|_| {
        let seconds = task.limit.as_secs();
        Err(Error::unexpected(format!("not over after {seconds} s")))
    })
}

/// Serves until somebody ends the process.
async fn listen(task: &Task, deadline: Instant) -> Result<(), Error> {
    let host = host::start(&task.options, Some(task.listen_address()?)).await?;
    // Those of loopback come last, so this is another one where the machine has any.
    let address = host.listen_addresses().into_iter().next();
    let address = address.ok_or_else(|| Error::unexpected("there is no address to hand over"))?;
    eprintln!("listening on {address}");
    AddressList::open(task, deadline)?.push(&address.to_string())?;
    std::future::pending().await
}

async fn dial(task: &Task, deadline: Instant) -> Result<(), Error> {
    let address: Address = AddressList::open(task, deadline)?.pop(deadline)?.parse()?;
    eprintln!("dialing {address}");
    let host = host::start(&task.options, None).await?;
    let started = Instant::now();
    let peer = host.connect(address).await?;
    let ping = host.ping(peer).await.map_err(Error::failed)?;
    println!("{}", report(task.form, started.elapsed(), ping));
    host.shutdown().await;
    Ok(())
}

fn report(form: Form, handshake_and_ping: Duration, ping: Duration) -> String {
    let [both, ping] = [handshake_and_ping, ping].map(|time| time.as_secs_f64() * 1e3);
    match form {
        Form::Current => format!(
            "latency:\n  handshake_plus_one_rtt: {both:.3}\n  ping_rtt: {ping:.3}\n  unit: ms"
        ),
        // It is spelled with three `l`.
        Form::Legacy => {
            format!("{{\"handshakePlusOneRTTMillis\": {both:.3}, \"pingRTTMilllis\": {ping:.3}}}")
        }
    }
}

fn log_to_stderr(is_verbose: bool) {
    let level = if is_verbose {
        LevelFilter::DEBUG
    } else {
        LevelFilter::WARN
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .init();
}

#[cfg(test)]
mod tests;
