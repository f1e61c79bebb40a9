//! How often something may happen.

/// A rate with room for bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How many of them are earned back in a minute; at least one is.
    pub per_minute: u32,
}

impl Rate {
    /// Lets `burst` come at once, and `per_minute` in the long run.
    pub const fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst, per_minute }
    }
}
