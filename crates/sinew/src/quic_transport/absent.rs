//! No QUIC, without the feature `quic`.

use std::sync::Arc;

use sinew_identity::Keypair;
use sinew_runtime::Runtime;
use sinew_transport::Transport;

use crate::{StartError, chance::Chance};

/// Nothing to choose.
#[derive(Debug, Default)]
pub(crate) struct Options {}

/// Makes nothing.
pub(crate) fn make(
    _options: Options,
    _keypair: &Keypair,
    _runtime: &Runtime,
    _chance: &Chance,
) -> Result<Option<Arc<dyn Transport>>, StartError> {
    Ok(None)
}
