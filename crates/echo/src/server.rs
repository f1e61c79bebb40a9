//! The side that sends back.

use sinew_transport::{CopyError, Stream};

/// Sends back everything that the peer sends, then the end; returns how many bytes.
///
/// Payload is passed on, not copied. A peer that does not read what comes back is not read from either.
///
/// # Errors
///
/// The peer reset the stream or stopped reading, or the connection is over. The stream has been reset, so that
/// the peer does not take what it got for all there is.
pub async fn serve(mut stream: Stream) -> Result<u64, CopyError> {
    stream.copy_back().await
}
