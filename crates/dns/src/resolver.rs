//! `DnsResolver`: asks, and takes out of the answer what was asked for.

use std::{net::IpAddr, net::SocketAddr, sync::Arc};

use hickory_resolver::{
    TokioResolver,
    net::NetError,
    proto::rr::{Name, RData, RecordType},
};
use sinew_runtime::{IpFamily, Lookup, LookupError, Resolver};
use tracing::debug;

use crate::{Config, error, source::Source};

/// Looks names up in the domain name system. Clones share what they remember.
#[derive(Clone, Debug)]
pub struct DnsResolver {
    source: Arc<Source>,
}

impl DnsResolver {
    /// Asks the name servers that the system is configured with, and its file of hosts; a host name with too
    /// few dots is looked up in the system's search domains as well.
    ///
    /// The settings are read when the first name is looked up, and again after a look-up that no server
    /// answered, so that a machine may move to another network.
    pub fn system() -> Self {
        Self::of(Source::system(Config::default()))
    }

    /// Asks these name servers, over UDP and TCP, and nothing else.
    pub fn new(servers: impl IntoIterator<Item = SocketAddr>, config: Config) -> Self {
        Self::of(Source::servers(servers.into_iter().collect(), config))
    }

    fn of(source: Source) -> Self {
        let source = Arc::new(source);
        Self { source }
    }

    async fn look_up<T>(
        self,
        name: Name,
        kind: RecordType,
        take: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, LookupError> {
        let resolver = self.source.get()?;
        match ask(&resolver, name.clone(), kind, take).await {
            Ok(records) if records.is_empty() => Err(LookupError::NoRecords),
            Ok(records) => Ok(records),
            Err(failure) => {
                let error = error::translate(&failure);
                debug!(%name, %kind, %failure, "look-up failed");
                if error::is_unanswered(&error) {
                    self.source.forget();
                }
                Err(error)
            }
        }
    }
}

impl Resolver for DnsResolver {
    fn addresses(&self, name: &str, family: IpFamily) -> Lookup<IpAddr> {
        let kind = match family {
            IpFamily::V4 => RecordType::A,
            IpFamily::V6 => RecordType::AAAA,
        };
        let (resolver, name) = (self.clone(), name.parse::<Name>());
        Box::pin(async move {
            let name = name.map_err(|_| LookupError::BadName)?;
            resolver.look_up(name, kind, address).await
        })
    }

    fn texts(&self, name: &str) -> Lookup<Vec<u8>> {
        let (resolver, name) = (self.clone(), name.parse::<Name>());
        Box::pin(async move {
            let mut name = name.map_err(|_| LookupError::BadName)?;
            name.set_fqdn(true);
            resolver.look_up(name, RecordType::TXT, text).await
        })
    }
}

async fn ask<T>(
    resolver: &TokioResolver,
    name: Name,
    kind: RecordType,
    take: impl Fn(&RData) -> Option<T>,
) -> Result<Vec<T>, NetError> {
    let answer = resolver.lookup(name, kind).await?;
    // Aliases that led to the records are among them.
    let records = answer.answers().iter().map(|record| &record.data);
    Ok(records.filter_map(take).collect())
}

fn address(data: &RData) -> Option<IpAddr> {
    data.ip_addr()
}

fn text(data: &RData) -> Option<Vec<u8>> {
    let RData::TXT(text) = data else {
        return None;
    };
    Some(text.txt_data.concat())
}

#[cfg(test)]
mod tests;
