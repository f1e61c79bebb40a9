//! A resolver that answers, waits and fails as told.

use std::{
    collections::BTreeMap,
    future::pending,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sinew_runtime::{IpFamily, Lookup, LookupError, Resolver};

/// What is known about names. Whatever is not told does not exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zone {
    addresses: Arc<Mutex<Addresses>>,
    texts: Arc<Mutex<Texts>>,
    asked: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
}

type Addresses = BTreeMap<(String, IpFamily), Told<IpAddr>>;
type Texts = BTreeMap<String, Told<Vec<u8>>>;

/// How the answer to a question goes.
#[derive(Clone, Debug)]
struct Told<T> {
    /// `None`: there is none.
    after: Option<Duration>,
    answer: Result<Vec<T>, LookupError>,
}

struct Alive(Arc<AtomicUsize>);

impl Zone {
    /// Says that a name has these addresses of the family of the first one.
    pub(crate) fn ips(&self, name: &str, after: Duration, ips: &[&str]) {
        let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
        let key = (name.to_owned(), IpFamily::of(ips[0]));
        let told = Told {
            after: Some(after),
            answer: Ok(ips),
        };
        self.addresses.lock().unwrap().insert(key, told);
    }

    pub(crate) fn silent(&self, name: &str, family: IpFamily) {
        let told = Told {
            after: None,
            answer: Ok(Vec::new()),
        };
        let key = (name.to_owned(), family);
        self.addresses.lock().unwrap().insert(key, told);
    }

    /// Says that `/dnsaddr` of a name has these addresses.
    pub(crate) fn dnsaddr<T: AsRef<str>>(&self, name: &str, after: Duration, records: &[T]) {
        let text = |record: &T| format!("dnsaddr={}", record.as_ref()).into_bytes();
        let told = Told {
            after: Some(after),
            answer: Ok(records.iter().map(text).collect()),
        };
        let mut texts = self.texts.lock().unwrap();
        texts.insert(format!("_dnsaddr.{name}"), told);
    }

    /// Returns how many questions were asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Returns how many questions wait for their answers.
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    fn tell<T: Send + 'static>(&self, told: Option<Told<T>>) -> Lookup<T> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.alive.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(self.alive.clone());
        Box::pin(async move {
            let _alive = alive;
            match told {
                None => Err(LookupError::NoSuchName),
                Some(Told { after: None, .. }) => pending().await,
                Some(Told {
                    after: Some(after),
                    answer,
                }) => {
                    tokio::time::sleep(after).await;
                    answer
                }
            }
        })
    }
}

impl Resolver for Zone {
    fn addresses(&self, name: &str, family: IpFamily) -> Lookup<IpAddr> {
        let key = (name.to_owned(), family);
        let told = self.addresses.lock().unwrap().get(&key).cloned();
        self.tell(told)
    }

    fn texts(&self, name: &str) -> Lookup<Vec<u8>> {
        let told = self.texts.lock().unwrap().get(name).cloned();
        self.tell(told)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
