//! A set of protocols that many negotiations share.

use std::{collections::BTreeSet, sync::Arc};

use crate::Protocol;

/// The protocols that a listener knows: an immutable set that is cheap to clone.
///
/// One set is shared by all negotiations that start while it is current. To add or remove a protocol
/// at run time, make the next set and hand that to the negotiations that start later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protocols(
    /// Sorted, without duplicates.
    Arc<[Protocol]>,
);

impl Protocols {
    /// Returns the protocol called `name`, if it is in the set. Takes logarithmic time.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Protocol> {
        let index = self
            .0
            .binary_search_by(|known| known.as_str().cmp(name))
            .ok()?;
        self.0.get(index)
    }

    /// Returns whether `name` is in the set.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the set with `protocol` in it.
    #[must_use]
    pub fn with(&self, protocol: Protocol) -> Self {
        self.iter().cloned().chain([protocol]).collect()
    }

    /// Returns the set with `name` not in it.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let keep = |protocol: &&Protocol| protocol.as_str() != name;
        self.iter().filter(keep).cloned().collect()
    }

    /// Returns the protocols in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Protocol> {
        self.0.iter()
    }

    /// Returns how many protocols there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none, so that each offer is turned down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Protocol> for Protocols {
    fn from_iter<I: IntoIterator<Item = Protocol>>(protocols: I) -> Self {
        let sorted = protocols.into_iter().collect::<BTreeSet<_>>();
        Self(sorted.into_iter().collect())
    }
}

impl<const N: usize> From<[Protocol; N]> for Protocols {
    fn from(protocols: [Protocol; N]) -> Self {
        protocols.into_iter().collect()
    }
}

impl From<Vec<Protocol>> for Protocols {
    fn from(protocols: Vec<Protocol>) -> Self {
        protocols.into_iter().collect()
    }
}

impl From<&[Protocol]> for Protocols {
    fn from(protocols: &[Protocol]) -> Self {
        protocols.iter().cloned().collect()
    }
}

impl From<&Self> for Protocols {
    fn from(protocols: &Self) -> Self {
        protocols.clone()
    }
}

#[cfg(test)]
mod tests;
