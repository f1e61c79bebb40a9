//! A runtime for what waits, and an end to waiting.

use std::{sync::OnceLock, time::Duration};

/// A runtime for what waits, and an end to waiting.
pub(crate) struct Patience(tokio::runtime::Runtime);

impl Patience {
    /// Runs a job to its end.
    ///
    /// # Panics
    ///
    /// Panics when it takes far longer than anything does: libFuzzer does not notice that nothing happens.
    pub(crate) fn run<T>(job: impl Future<Output = T>) -> T {
        let job = async { tokio::time::timeout(LIMIT, job).await };
        Self::get().0.block_on(job).expect("it comes to an end")
    }

    fn get() -> &'static Self {
        static RUNTIME: OnceLock<Patience> = OnceLock::new();
        RUNTIME.get_or_init(|| {
            let tokio = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build();
            Self(tokio.expect("a runtime can be made"))
        })
    }
}

const LIMIT: Duration = Duration::from_secs(60);
