//! `sinew identify`: asks a peer who it is, where it can be reached and what it speaks.

use std::fmt;

use serde::Serialize;
use sinew::{PeerId, identify::Info};

use crate::{
    Context,
    arguments::Identify,
    carrier::Carrier,
    failure::Failure,
    session::Session,
    units::{Span, milliseconds},
};

pub(crate) async fn run(arguments: &Identify, context: &Context) -> Result<(), Failure> {
    Session::run(&arguments.peer, async |session| {
        let info = session.identify().await?;
        context.print(&Identified::new(session, &info))
    })
    .await
}

/// What the peer said about itself.
#[derive(Serialize)]
#[serde(tag = "event", rename = "identify")]
struct Identified {
    /// The one thing that it has proven.
    peer: PeerId,
    key_type: Option<&'static str>,
    agent_version: Option<String>,
    protocol_version: Option<String>,
    /// Where the peer sees us.
    observed_address: Option<String>,
    listen_addresses: Vec<String>,
    protocols: Vec<String>,
    connection: Option<Carrier>,
    connect_ms: f64,
    #[serde(skip)]
    connecting: Span,
}

impl Identified {
    fn new(session: &Session, info: &Info) -> Self {
        let connecting = session.connecting();
        Self {
            peer: session.peer(),
            key_type: info.public_key.as_ref().map(|key| key.key_type().name()),
            agent_version: info.agent_version.clone(),
            protocol_version: info.protocol_version.clone(),
            observed_address: info.observed_address.as_ref().map(ToString::to_string),
            listen_addresses: texts(&info.listen_addresses),
            protocols: texts(&info.protocols),
            connection: session.carrier(),
            connect_ms: milliseconds(connecting),
            connecting: Span(connecting),
        }
    }
}

impl fmt::Display for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: Option<&str>| text.unwrap_or("not said").to_owned();
        writeln!(f, "peer id    {}", self.peer)?;
        writeln!(f, "key        {}", said(self.key_type))?;
        writeln!(f, "program    {}", said(self.agent_version.as_deref()))?;
        writeln!(f, "family     {}", said(self.protocol_version.as_deref()))?;
        writeln!(f, "sees us    {}", said(self.observed_address.as_deref()))?;
        for address in &self.listen_addresses {
            writeln!(f, "listens    {address}")?;
        }
        for protocol in &self.protocols {
            writeln!(f, "speaks     {protocol}")?;
        }
        if let Some(connection) = &self.connection {
            writeln!(f, "over       {connection}")?;
        }
        write!(f, "connected  in {}", self.connecting)
    }
}

fn texts(values: &[impl fmt::Display]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
