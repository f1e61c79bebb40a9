//! A world's domain names.

use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc, time::Duration};

use sinew_runtime::{IpFamily, Lookup, LookupError, Resolver, Runtime};

use crate::{Node, World, shared::Shared};

/// What the name servers say of a name.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The addresses of both families, in the order of the answer.
    pub addresses: Vec<IpAddr>,
    /// The text records, in the order of the answer.
    pub texts: Vec<Vec<u8>>,
    /// How long the answer takes; `None` means that nobody ever answers.
    pub delay: Option<Duration>,
}

/// All names of a world, without trailing dots.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, Records>);

/// The resolver of a node; it asks nobody, so cuts do not stop it.
struct VirtualResolver {
    shared: Arc<Shared>,
    runtime: Runtime,
}

impl World {
    /// Gives a name records, in place of those that it had. Names without records do not exist.
    pub fn set_name(&self, name: &str, records: Records) {
        let name = absolute(name).to_owned();
        self.shared.with(|core| core.names.0.insert(name, records));
    }
}

impl Records {
    /// An answer that comes at once, with these addresses.
    pub fn addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            addresses: addresses.into_iter().collect(),
            delay: Some(Duration::ZERO),
            ..Self::default()
        }
    }

    /// An answer that comes at once, with these texts.
    pub fn texts<T: Into<Vec<u8>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self {
            texts: texts.into_iter().map(Into::into).collect(),
            delay: Some(Duration::ZERO),
            ..Self::default()
        }
    }

    /// A name whose servers are silent.
    pub fn silence() -> Self {
        Self::default()
    }

    /// The same answer, later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }
}

impl Node {
    /// Returns the resolver of the world's names ([`World::set_name`]).
    pub fn resolver(&self) -> Arc<dyn Resolver> {
        Arc::new(VirtualResolver {
            shared: self.shared.clone(),
            runtime: self.runtime(),
        })
    }
}

impl VirtualResolver {
    fn look_up<T: Send + 'static>(
        &self,
        name: &str,
        choose: impl FnOnce(Records) -> Vec<T> + Send + 'static,
    ) -> Lookup<T> {
        let name = absolute(name).to_owned();
        let (shared, runtime) = (self.shared.clone(), self.runtime.clone());
        Box::pin(async move {
            let records = shared.with(|core| core.names.0.get(&name).cloned());
            let records = records.ok_or(LookupError::NoSuchName)?;
            match records.delay {
                Some(Duration::ZERO) => {}
                Some(delay) => runtime.sleep(delay).await,
                None => std::future::pending().await,
            }
            let answer = choose(records);
            if answer.is_empty() {
                return Err(LookupError::NoRecords);
            }
            Ok(answer)
        })
    }
}

impl Resolver for VirtualResolver {
    fn addresses(&self, name: &str, family: IpFamily) -> Lookup<IpAddr> {
        self.look_up(name, move |records| {
            let mut addresses = records.addresses;
            addresses.retain(|address| IpFamily::of(*address) == family);
            addresses
        })
    }

    fn texts(&self, name: &str) -> Lookup<Vec<u8>> {
        self.look_up(name, |records| records.texts)
    }
}

impl fmt::Debug for VirtualResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualResolver").finish_non_exhaustive()
    }
}

fn absolute(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
