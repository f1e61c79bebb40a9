//! What the two sides say about themselves.

use serde::Deserialize;

use crate::interop::peer::Identified;
use crate::interop::plan::{Direction, Row};

use super::json_object;

/// What our `identify` prints, as far as it is checked.
#[derive(Deserialize)]
struct Told {
    peer: String,
    key_type: Option<String>,
    agent_version: Option<String>,
    observed_address: Option<String>,
    protocols: Vec<String>,
}

/// We asked: it must be the peer of the plan, with its key, what it serves, and where it sees us.
pub(super) fn tells_who_they_are(stdout: &str, row: &Row, peer: &str) -> Result<(), String> {
    let object = stdout.lines().find_map(json_object).unwrap_or_default();
    let told: Told = serde_json::from_value(object.into())
        .map_err(|error| format!("what we print of them cannot be read: {error}"))?;
    wants("peer", &told.peer, told.peer == peer)?;
    let key_type = told.key_type.unwrap_or_default();
    wants(
        "key type",
        &key_type,
        key_type == row.peer_identity().name(),
    )?;
    let agent = told.agent_version.unwrap_or_default();
    wants("agent", &agent, agent.starts_with(&agent_of_peer(row)))?;
    let observed = told.observed_address.unwrap_or_default();
    wants(
        "observed address",
        &observed,
        observed.starts_with(LOOPBACK),
    )?;
    serves(&told.protocols)
}

/// They asked: it must be the program that listens, what it serves, and where they dialed it.
pub(super) fn tells_who_listens(told: &Identified, row: &Row, dialed: &str) -> Result<(), String> {
    let agent = match row.direction {
        Direction::TheyDial => "sinew/".to_owned(),
        Direction::WeDial | Direction::Control => agent_of_peer(row),
    };
    wants("agent", &told.agent, told.agent.starts_with(&agent))?;
    let place = without_peer(dialed);
    let listen = &told.listen_addresses;
    let is_listed = listen.iter().any(|address| without_peer(address) == place);
    wants("listen addresses", &listen.join(", "), is_listed)?;
    serves(&told.protocols)
}

fn serves(protocols: &[String]) -> Result<(), String> {
    let lacks = |wanted: &str| !protocols.iter().any(|protocol| protocol == wanted);
    match SERVED.into_iter().find(|wanted| lacks(wanted)) {
        Some(missing) => Err(format!("{missing} is not among the protocols")),
        None => Ok(()),
    }
}

fn wants(what: &str, told: &str, is_right: bool) -> Result<(), String> {
    if is_right {
        return Ok(());
    }
    Err(format!("wrong {what}: `{told}`"))
}

fn agent_of_peer(row: &Row) -> String {
    format!("{}-libp2p/", row.implementation)
}

fn without_peer(address: &str) -> &str {
    address
        .rsplit_once("/p2p/")
        .map_or(address, |(place, _)| place)
}

const SERVED: [&str; 3] = ["/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/echo/1.0.0"];
const LOOPBACK: &str = "/ip4/127.0.0.1/";

#[cfg(test)]
mod tests;
