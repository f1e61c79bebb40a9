//! What the environment asks for.
//!
//! | current | legacy | what it is |
//! |---|---|---|
//! | `IS_DIALER` | `is_dialer` | `true` or `false` |
//! | `TRANSPORT` | `transport` | `quic-v1` or `tcp` |
//! | `SECURE_CHANNEL` | `security` | `noise` or `tls`, over TCP |
//! | `MUXER` | `muxer` | `yamux`, over TCP |
//! | `LISTENER_IP` | `ip` | where to listen; any address unless it says |
//! | `REDIS_ADDR` | `redis_addr` | host and port of Redis |
//! | `TEST_TIMEOUT_SECS` | `test_timeout_seconds` | after this it has failed |
//! | `TEST_KEY` | | what sets the test's keys in Redis apart |
//! | `DEBUG` | | `true` for more logs |

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

use sinew::Address;

use crate::error::Error;
use crate::{Options, Security, Transport};

pub(super) struct Task {
    pub(super) role: Role,
    pub(super) form: Form,
    pub(super) options: Options,
    /// Host and port.
    pub(super) redis: String,
    /// The name of the list that holds the listener's address.
    pub(super) key: String,
    pub(super) limit: Duration,
    pub(super) is_verbose: bool,
    ip: IpAddr,
}

pub(super) enum Role {
    Dialer,
    Listener,
}

/// How variables and keys are spelled, and what the result looks like.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Current,
    Legacy,
}

impl Task {
    /// Takes the current form, unless only the legacy one says which side this is.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let form = match (variable("IS_DIALER"), variable("is_dialer")) {
            (None, Some(_)) => Form::Legacy,
            _ => Form::Current,
        };
        let value = |current: &'static str, legacy: &'static str| {
            let name = form.pick(current, legacy);
            let text = Some(name).filter(|name| *name != NONE).and_then(&variable);
            let text = text.filter(|text| !text.is_empty());
            Variable { name, text }
        };
        let is_dialer = value("IS_DIALER", "is_dialer").parsed(None)?;
        let key = match form {
            Form::Current => {
                let prefix: String = value("TEST_KEY", NONE).parsed(None)?;
                format!("{prefix}_listener_multiaddr")
            }
            Form::Legacy => "listenerAddr".to_owned(),
        };
        let limit = value("TEST_TIMEOUT_SECS", "test_timeout_seconds").parsed(Some(LIMIT_SECS))?;
        Ok(Self {
            role: if is_dialer {
                Role::Dialer
            } else {
                Role::Listener
            },
            form,
            options: stack(
                &value("TRANSPORT", "transport"),
                &value("SECURE_CHANNEL", "security"),
                &value("MUXER", "muxer"),
            )?,
            redis: value("REDIS_ADDR", "redis_addr").parsed(Some("redis:6379".to_owned()))?,
            key,
            limit: Duration::from_secs(limit),
            is_verbose: value("DEBUG", NONE).parsed(Some(false))?,
            ip: value("LISTENER_IP", "ip").parsed(Some(Ipv4Addr::UNSPECIFIED.into()))?,
        })
    }

    /// Returns the address to listen on; the system chooses the port.
    pub(super) fn listen_address(&self) -> Result<Address, Error> {
        let family = if self.ip.is_ipv4() { "ip4" } else { "ip6" };
        let port = match self.options.transport {
            Transport::Quic => "udp/0/quic-v1",
            Transport::Tcp => "tcp/0",
        };
        Ok(format!("/{family}/{}/{port}", self.ip).parse()?)
    }
}

fn stack(transport: &Variable, security: &Variable, muxer: &Variable) -> Result<Options, Error> {
    let transport = match transport.text.as_deref() {
        // Both of the others are part of it.
        Some("quic-v1") => {
            return Ok(Options {
                transport: Transport::Quic,
                security: Security::Tls,
                small_datagrams: false,
            });
        }
        Some("tcp") => Transport::Tcp,
        _ => return Err(transport.unexpected()),
    };
    let security = match security.text.as_deref() {
        Some("noise") => Security::Noise,
        Some("tls") => Security::Tls,
        _ => return Err(security.unexpected()),
    };
    if muxer.text.as_deref() != Some("yamux") {
        return Err(muxer.unexpected());
    }
    Ok(Options {
        transport,
        security,
        small_datagrams: false,
    })
}

/// One variable of the environment, and what it was set to.
struct Variable {
    name: &'static str,
    text: Option<String>,
}

impl Variable {
    fn parsed<T: FromStr>(&self, default: Option<T>) -> Result<T, Error> {
        let parsed = match &self.text {
            Some(text) => text.parse().ok(),
            None => default,
        };
        parsed.ok_or_else(|| self.unexpected())
    }

    fn unexpected(&self) -> Error {
        Error::unexpected(match &self.text {
            Some(text) => format!("{} is `{text}`, which this cannot do", self.name),
            None => format!("{} is not set", self.name),
        })
    }
}

impl Form {
    fn pick(self, current: &'static str, legacy: &'static str) -> &'static str {
        match self {
            Self::Current => current,
            Self::Legacy => legacy,
        }
    }
}

/// The form has no such variable.
const NONE: &str = "";

/// What the test itself allows.
const LIMIT_SECS: u64 = 180;

#[cfg(test)]
mod tests;
