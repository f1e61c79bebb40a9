//! Errors as sentences.

use std::error::Error;

/// Says what an error is, and all its causes.
pub fn sentence(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", sentence(cause)),
        None => error.to_string(),
    }
}
