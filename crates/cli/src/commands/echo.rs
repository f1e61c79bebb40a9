//! `sinew echo`: sends bytes and checks that all of them come back.

use std::{
    fmt,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::Serialize;
use sinew::{
    PeerId,
    echo::{echo, pattern},
};

use crate::{
    Context,
    arguments::Echo,
    explain,
    failure::Failure,
    session::Session,
    units::{self, Rate, Span, milliseconds},
};

pub(crate) async fn run(arguments: &Echo, context: &Context) -> Result<(), Failure> {
    Session::run(&arguments.peer, async |session| {
        let stream = session.open_stream(&arguments.protocol).await?;
        let started = Instant::now();
        let (returned, text) = match arguments.size {
            Some(size) => (echo(stream, pattern(size)).await, None),
            None => {
                let data = Bytes::from(arguments.text.clone());
                (echo(stream, [data]).await, Some(arguments.text.clone()))
            }
        };
        let time = started.elapsed();
        let bytes =
            returned.map_err(|error| explain::echo(&error, session.peer, session.address()))?;
        context.output.print(&Echoed {
            peer: session.peer,
            protocol: arguments.protocol.to_string(),
            bytes,
            text,
            time_ms: milliseconds(time),
            bytes_per_second: Rate { bytes, time }.bytes_per_second(),
            time,
        })
    })
    .await
}

/// What came back.
#[derive(Serialize)]
#[serde(tag = "event", rename = "echo")]
struct Echoed {
    peer: PeerId,
    protocol: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    time_ms: f64,
    bytes_per_second: f64,
    #[serde(skip)]
    time: Duration,
}

impl fmt::Display for Echoed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, time) = (self.bytes, self.time);
        if let Some(text) = &self.text {
            writeln!(f, "{text}")?;
        }
        write!(
            f,
            "{} came back unchanged in {}",
            units::Bytes(bytes),
            Span(time)
        )?;
        if self.text.is_none() {
            write!(f, ", {}", Rate { bytes, time })?;
        }
        Ok(())
    }
}
