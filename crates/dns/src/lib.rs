//! Looks names up with the system's name servers, or with those that are given.
//!
//! # Where it sits
//!
//! Layer 2, beside `udp`: it fills the port [`sinew_runtime::Resolver`] with the outside world, over the crate
//! `hickory-resolver`. The facade hands it to the swarm, which asks it what it needs to know to dial `/dns…`
//! and `/dnsaddr` addresses. What the answers mean is decided there, not here.
//!
//! # The mental model
//!
//! A [`DnsResolver`] is a stub resolver: it asks a name server over UDP, again over TCP when the answer did
//! not fit, and remembers answers for as long as they are valid, at most [`Config::max_remembered`] of them.
//! Dropping a look-up gives it up.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sinew_dns::DnsResolver;
//! use sinew_runtime::{IpFamily, Resolver};
//!
//! let resolver = DnsResolver::system();
//! let addresses = resolver.addresses("example.com", IpFamily::V4).await?;
//!
//! let own = DnsResolver::new(["192.0.2.53:53".parse()?], sinew_dns::Config::default());
//! let records = own.texts("_dnsaddr.example.com").await?;
//! # Ok(())
//! # }
//! ```
//!
//! The feature `name-server` adds a small name server for tests, which answers as it is told, also wrongly.
//!
//! # Limits and non-goals
//!
//! Look-ups run on tokio and need its runtime around them. No DNSSEC, no encrypted DNS, no recursion, no
//! multicast names: another [`Resolver`](sinew_runtime::Resolver) may have them.
//!
//! # Specs
//!
//! [RFC 1035](https://www.rfc-editor.org/rfc/rfc1035), and what `resolv.conf(5)` says.
#![forbid(unsafe_code)]

mod config;
mod error;
#[cfg(any(test, feature = "name-server"))]
mod name_server;
mod resolver;
mod source;

pub use config::Config;
#[cfg(any(test, feature = "name-server"))]
pub use name_server::{Fault, NameServer};
pub use resolver::DnsResolver;
