//! `sinew echo`: sends bytes and checks that all of them come back.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use sinew::{PeerId, echo::pattern};

use crate::{
    Context,
    arguments::Echo,
    carrier::Carrier,
    failure::Failure,
    session::Session,
    units::{self, Rate, Span, milliseconds},
};

pub(crate) async fn run(arguments: &Echo, context: &Context) -> Result<(), Failure> {
    let protocol = &arguments.protocol;
    Session::run(&arguments.peer, async |session| {
        let (text, rate) = match arguments.size {
            Some(size) => (None, session.echo(protocol, pattern(size)).await?),
            None => {
                let data = Bytes::from(arguments.text.clone());
                let rate = session.echo(protocol, [data]).await?;
                (Some(arguments.text.clone()), rate)
            }
        };
        context.print(&Echoed {
            peer: session.peer(),
            protocol: protocol.to_string(),
            connection: session.carrier(),
            bytes: rate.bytes,
            text,
            time_ms: milliseconds(rate.time),
            bytes_per_second: rate.bytes_per_second().round(),
            rate,
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
    connection: Option<Carrier>,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    time_ms: f64,
    bytes_per_second: f64,
    #[serde(skip)]
    rate: Rate,
}

impl fmt::Display for Echoed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            writeln!(f, "{text}")?;
        }
        let (bytes, time) = (units::Bytes(self.bytes), Span(self.rate.time));
        write!(f, "{bytes} came back unchanged in {time}")?;
        // A rate of a few bytes says nothing.
        if self.text.is_none() {
            write!(f, ", {}", self.rate)?;
        }
        Ok(())
    }
}
