//! Why a negotiation failed, and whose fault it is.

/// Why a negotiation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The listener turned down everything that the dialer offered. Nobody is wrong.
    #[error("no protocol in common")]
    NoCommonProtocol,
    /// The peer broke a rule, and the stream cannot be used.
    #[error("peer broke the rules of multistream-select")]
    Violation(#[from] Violation),
}

/// The rule that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The stream ended before the two sides agreed.
    #[error("the stream ended in the middle of the negotiation")]
    EarlyEof,
    /// The first message was not the header.
    #[error("the first message was not /multistream/1.0.0")]
    MissingHeader,
    /// A message did not end with a newline.
    #[error("a message did not end with a newline")]
    MissingNewline,
    /// A message was not UTF-8.
    #[error("a message was not UTF-8")]
    NotUtf8,
    /// A message was announced to be longer than [`MAX_MESSAGE_LEN`](crate::MAX_MESSAGE_LEN), or its
    /// length took more than two bytes to say.
    #[error("a message was longer than {} bytes", crate::MAX_MESSAGE_LEN)]
    MessageTooLong,
    /// A length was not written in its shortest form.
    #[error("the length of a message was not in its shortest form")]
    NonMinimalLength,
    /// The answer was neither what the dialer offered nor `na`.
    #[error("the answer was neither the offered protocol nor a refusal")]
    UnexpectedAnswer,
    /// The dialer made more offers than [`Config::max_offers`](crate::Config::max_offers).
    #[error("more than {limit} protocols were offered")]
    TooManyOffers {
        /// The limit.
        limit: u16,
    },
    /// The negotiation took more than [`Config::max_bytes`](crate::Config::max_bytes).
    #[error("the negotiation took more than {limit} bytes")]
    TooManyBytes {
        /// The limit.
        limit: usize,
    },
}

/// What the caller did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A dialer had nothing to offer.
    #[error("no protocol to offer")]
    NoProtocols,
    /// A dialer had more to offer than [`Config::max_offers`](crate::Config::max_offers); a listener
    /// with the same limit would hang up on it.
    #[error("more than {limit} protocols to offer")]
    TooManyProtocols {
        /// The limit.
        limit: u16,
    },
}
