//! What is measured, and what came of it, as it is kept in JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::meter::Measurement;
use crate::name::Name;
use crate::scenario::Scenario;
use crate::{Api, Runtime};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Case {
    #[serde(with = "by_name")]
    pub(crate) scenario: Scenario,
    #[serde(with = "by_name")]
    pub(crate) runtime: Runtime,
    #[serde(with = "by_name")]
    pub(crate) system: Name,
    #[serde(with = "by_name")]
    pub(crate) api: Api,
}

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) round: usize,
    pub(crate) measurement: Measurement,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenario, runtime) = (self.scenario.name(), self.runtime.name());
        let (system, api) = (self.system, self.api.name());
        write!(f, "{scenario} on {system} ({runtime}, {api})")
    }
}

/// Values as the command line calls them.
mod by_name {
    use clap::ValueEnum;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<T: ValueEnum, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let value = value.to_possible_value();
        serializer.serialize_str(value.as_ref().map_or("", |value| value.get_name()))
    }

    pub(super) fn deserialize<'de, T: ValueEnum, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let name = String::deserialize(deserializer)?;
        T::from_str(&name, false).map_err(de::Error::custom)
    }
}
