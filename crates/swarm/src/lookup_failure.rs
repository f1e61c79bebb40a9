//! Why a name did not lead to an address.

use std::{fmt, time::Duration};

use sinew_identity::PeerId;
use sinew_multiaddr::{AddressError, Name};
use sinew_runtime::{IpFamily, LookupError};

/// What is asked about a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Question {
    /// Its IP addresses of one family (`/dns4`, `/dns6`, and both for `/dns`).
    Addresses(Name, IpFamily),
    /// Its IP addresses of both families, of which there are none.
    AllAddresses(Name),
    /// The multiaddrs in its text records (`/dnsaddr`).
    Texts(Name),
}

/// Why a name did not lead to an address.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupFailure {
    /// The question has no answer.
    #[error("could not look up {question}")]
    Unanswered {
        /// The question.
        question: Question,
        /// Why it has none.
        source: LookupError,
    },
    /// There was no answer in time.
    #[error("no answer to {question} within {after:?}")]
    TimedOut {
        /// The question.
        question: Question,
        /// The limit, [`LookupLimits::question_timeout`](crate::LookupLimits::question_timeout) or
        /// [`LookupLimits::total_timeout`](crate::LookupLimits::total_timeout).
        after: Duration,
    },
    /// A text record holds no address that could be used here. The others of the name may.
    #[error("the record {record} among {question} is of no use here")]
    Record {
        /// The question.
        question: Question,
        /// The record, shortened and with everything escaped that does not print.
        record: Box<str>,
        /// What is wrong with it.
        source: AddressError,
    },
    /// None of the records is about the peer.
    #[error("none of {question} is an address of peer {peer}")]
    OtherPeers {
        /// The question.
        question: Question,
        /// The peer that was asked for.
        peer: PeerId,
    },
    /// Records lead in a circle.
    #[error("{question} lead back to {name}, which led to them")]
    Loop {
        /// The question.
        question: Question,
        /// The name that came up twice.
        name: Name,
    },
    /// Records led to further names too often.
    #[error(
        "{name} was not looked up: names led to it from {maximum} others, as many as max_nesting allows"
    )]
    TooDeep {
        /// The name that was not looked up.
        name: Name,
        /// The limit, [`LookupLimits::max_nesting`](crate::LookupLimits::max_nesting).
        maximum: usize,
    },
    /// There were too many names.
    #[error("{question} were not looked up: max_questions allows {maximum} questions an attempt")]
    TooManyQuestions {
        /// The question that was not asked.
        question: Question,
        /// The limit, [`LookupLimits::max_questions`](crate::LookupLimits::max_questions).
        maximum: usize,
    },
    /// A name has too many records; the first were used.
    #[error("of {count} records among {question}, max_records allows to look at {maximum}")]
    TooManyRecords {
        /// The question.
        question: Question,
        /// How many there are.
        count: usize,
        /// The limit, [`LookupLimits::max_records`](crate::LookupLimits::max_records).
        maximum: usize,
    },
    /// This host was given nothing to look up names with.
    #[error("this host looks up no names; use an address with /ip4 or /ip6, or give it a resolver")]
    NoResolver,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(name, IpFamily::V4) => write!(f, "the IPv4 addresses of {name}"),
            Self::Addresses(name, IpFamily::V6) => write!(f, "the IPv6 addresses of {name}"),
            Self::AllAddresses(name) => write!(f, "the IP addresses of {name}"),
            Self::Texts(name) => write!(f, "the dnsaddr records of {PREFIX}{name}"),
        }
    }
}

impl Question {
    /// Returns the name that a server is asked for.
    pub(crate) fn asked_name(&self) -> String {
        match self {
            Self::Addresses(name, _) | Self::AllAddresses(name) => name.to_string(),
            // [addressing §dnsaddr Links] The records stand at a name of their own.
            Self::Texts(name) => format!("{PREFIX}{name}"),
        }
    }
}

const PREFIX: &str = "_dnsaddr.";
