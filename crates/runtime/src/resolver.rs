//! The domain name system, as the swarm sees it.

use std::{fmt, future::Future, io, net::IpAddr, pin::Pin, sync::Arc};

/// Looks names up.
///
/// The names come from strangers as well. An implementation asks nothing but the question, and keeps what it
/// remembers of answers within a bound.
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// Looks up the IP addresses of one family that `name` has, in the order of the answer.
    fn addresses(&self, name: &str, family: IpFamily) -> Lookup<IpAddr>;

    /// Looks up the text records of `name`, in the order of the answer. A record that is divided into several
    /// strings is joined to one.
    ///
    /// The name is absolute: no domain is appended to it.
    fn texts(&self, name: &str) -> Lookup<Vec<u8>>;
}

/// A look-up in progress. Dropping it gives it up.
///
/// An answer without records is [`LookupError::NoRecords`].
pub type Lookup<T> = Pin<Box<dyn Future<Output = Result<Vec<T>, LookupError>> + Send + 'static>>;

/// One of the two kinds of IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// A records.
    V4,
    /// AAAA records.
    V6,
}

/// Why a look-up has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The name server says that there is no such name.
    #[error("the name does not exist; check how it is spelled")]
    NoSuchName,
    /// The name server knows the name, and no record of this kind.
    #[error("the name has no such record")]
    NoRecords,
    /// No name server answered, or not in time.
    #[error("no name server answered; check the connection and which servers are configured")]
    NoAnswer,
    /// The name server could not or would not answer.
    #[error("the name server failed with code {code}; try again later or configure another one")]
    ServerFailed {
        /// The response code of the protocol, such as 2 (`SERVFAIL`) or 5 (`REFUSED`).
        code: u16,
    },
    /// What the name server sent is no answer to the question.
    #[error("the answer of the name server is malformed")]
    Malformed,
    /// The name is too long to be asked for, or has a form that cannot.
    #[error("such a name cannot be looked up")]
    BadName,
    /// This machine's settings name no server, or cannot be read.
    #[error("no name server is configured")]
    NoServer,
    /// The operating system would not send the question.
    #[error("cannot ask a name server")]
    Io(#[source] Arc<io::Error>),
}

impl IpFamily {
    /// Returns the family of an address.
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}
