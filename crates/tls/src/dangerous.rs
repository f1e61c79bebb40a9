//! What only simulations and tests may use: chance that can be foretold, certificates that lie. Behind the feature `dangerous-testing`.

mod forged;
mod seeded;

pub use forged::forged_certificate;
pub use seeded::seeded_provider;
