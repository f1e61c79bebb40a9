//! What can go wrong, told with all its causes.

use std::error::Error as StdError;

/// An operation that failed, or something that the other side did and should not have done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}", with_causes(.0.as_ref()))]
    Failed(Box<dyn StdError + Send + Sync>),
    #[error("{0}")]
    Unexpected(String),
}

impl Error {
    /// For what is no failure by itself, but not what should have happened.
    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected(what.into())
    }

    pub(crate) fn failed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

/// Says for every error of ours how it becomes one of this program.
macro_rules! from {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::failed(error)
            }
        })+
    };
}

from!(
    sinew::AddressError,
    sinew::ConnectError,
    sinew::OpenStreamError,
    sinew::ReadError,
    sinew::StartError,
    sinew::WriteError,
    std::io::Error,
);

pub(crate) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
