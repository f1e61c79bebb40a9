//! `HandlerOutput`: what a handler of streams may return.

use std::fmt;

/// What a handler of streams may return: nothing, or a `Result` whose error can be printed.
///
/// An error ends nothing but its stream. The host logs it at the level `debug`: what peers do wrong is
/// nothing unusual.
pub trait HandlerOutput {
    /// The error to log.
    type Error: fmt::Display;

    /// Returns the error, if there is one.
    ///
    /// # Errors
    ///
    /// What the handler ended with.
    fn into_outcome(self) -> Result<(), Self::Error>;
}

impl HandlerOutput for () {
    type Error = std::convert::Infallible;

    fn into_outcome(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<T, E: fmt::Display> HandlerOutput for Result<T, E> {
    type Error = E;

    fn into_outcome(self) -> Result<(), E> {
        self.map(drop)
    }
}
