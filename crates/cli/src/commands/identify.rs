//! `sinew identify`: asks a peer what it is and what it speaks.

use std::fmt;

use serde::Serialize;
use sinew::PeerId;

use crate::{Context, arguments::Identify, explain, failure::Failure, session::Session};

pub(crate) async fn run(arguments: &Identify, context: &Context) -> Result<(), Failure> {
    Session::run(&arguments.peer, async |session| {
        let info = session
            .host
            .identify(session.peer)
            .await
            .map_err(|error| explain::identify(&error, session.peer, session.address()))?;
        context.output.print(&Answer {
            peer: session.peer,
            agent_version: info.agent_version.clone(),
            protocol_version: info.protocol_version.clone(),
            protocols: info.protocols.iter().map(ToString::to_string).collect(),
            listen_addresses: info
                .listen_addresses
                .iter()
                .map(ToString::to_string)
                .collect(),
            observed_address: info.observed_address.as_ref().map(ToString::to_string),
        })
    })
    .await
}

/// What the peer said.
#[derive(Serialize)]
#[serde(tag = "event", rename = "identify")]
struct Answer {
    peer: PeerId,
    agent_version: Option<String>,
    protocol_version: Option<String>,
    protocols: Vec<String>,
    listen_addresses: Vec<String>,
    /// Where the peer sees us.
    observed_address: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
        writeln!(f, "peer      {}", self.peer)?;
        writeln!(f, "agent     {}", said(&self.agent_version))?;
        writeln!(f, "family    {}", said(&self.protocol_version))?;
        writeln!(f, "sees us   {}", said(&self.observed_address))?;
        for address in &self.listen_addresses {
            writeln!(f, "listens   {address}")?;
        }
        write!(f, "speaks    {}", self.protocols.join(" "))
    }
}
