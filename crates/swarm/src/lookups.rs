//! Asks what an attempt wants to know about names.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, Stream},
};
use sinew_multiaddr::Address;
use sinew_runtime::{Lookup, LookupError, Resolver, Timer};

use crate::{
    LookupFailure, Question,
    hub::Hub,
    resolution::{Answer, Found, Records, Resolution, When},
};

/// The look-ups of one attempt. Dropping them gives them up.
pub(crate) struct Lookups {
    hub: Arc<Hub>,
    began: Instant,
    resolution: Resolution,
    asked: FuturesUnordered<BoxFuture<'static, Answered>>,
    timer: Option<Box<dyn Timer>>,
}

struct Answered {
    question: Question,
    answer: Answer,
    elapsed: Duration,
}

impl Lookups {
    /// Looks nothing up yet. Times count from `began`.
    pub(crate) fn new(hub: Arc<Hub>, began: Instant) -> Self {
        Self {
            resolution: Resolution::new(hub.config.lookups),
            hub,
            began,
            asked: FuturesUnordered::new(),
            timer: None,
        }
    }

    /// Adds an address with a name.
    pub(crate) fn add(&mut self, address: Address) {
        let now = self.now();
        self.resolution.add(address, now);
    }

    /// Returns whether nothing more will be found.
    pub(crate) fn is_idle(&self) -> bool {
        self.resolution.is_idle()
    }

    /// Returns what was found next, or `None` when there is nothing to wait for.
    pub(crate) fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Option<Found>> {
        loop {
            if let Some(found) = self.resolution.poll_found() {
                return Poll::Ready(Some(found));
            }
            if self.resolution.is_idle() {
                // What took too long is not waited for.
                self.asked.clear();
                return Poll::Ready(None);
            }
            while let Some(question) = self.resolution.poll_question() {
                let asking = ask(self.hub.clone(), question);
                self.asked.push(Box::pin(asking));
            }
            if let Poll::Ready(Some(answered)) = Pin::new(&mut self.asked).poll_next(cx) {
                let (now, elapsed) = (self.now(), answered.elapsed);
                let when = When { now, elapsed };
                self.resolution
                    .handle_answer(&answered.question, answered.answer, when);
                continue;
            }
            ready!(self.poll_due(cx));
            let now = self.now();
            self.resolution.handle_timeout(now);
        }
    }

    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.hub.runtime.clock();
        let timer = self.timer.get_or_insert_with(|| clock.timer());
        let due = self.resolution.poll_timeout();
        timer.set(due.and_then(|due| self.began.checked_add(due)));
        timer.poll_expired(cx)
    }

    fn now(&self) -> Duration {
        let now = self.hub.runtime.now();
        now.saturating_duration_since(self.began)
    }
}

/// Asks one question when there is room for it.
async fn ask(hub: Arc<Hub>, question: Question) -> Answered {
    // The semaphore is never closed.
    let _slot = hub.lookup_slots.acquire().await.ok();
    let started = hub.runtime.now();
    let after = hub.config.lookups.question_timeout;
    let answer = match &hub.resolver {
        None => Err(LookupFailure::NoResolver),
        Some(resolver) => {
            let asking = hub.runtime.timeout(after, records(&**resolver, &question));
            match asking.await {
                Ok(answer) => answer.map_err(|source| {
                    let question = question.clone();
                    LookupFailure::Unanswered { question, source }
                }),
                Err(_) => {
                    let question = question.clone();
                    Err(LookupFailure::TimedOut { question, after })
                }
            }
        }
    };
    let elapsed = hub.runtime.now().saturating_duration_since(started);
    Answered {
        question,
        answer,
        elapsed,
    }
}

async fn records(resolver: &dyn Resolver, question: &Question) -> Result<Records, LookupError> {
    let name = question.asked_name();
    Ok(match question {
        Question::Addresses(_, family) => {
            Records::Addresses(some(resolver.addresses(&name, *family)).await?)
        }
        Question::Texts(_) => Records::Texts(some(resolver.texts(&name)).await?),
        // It is a summary of two questions, and nobody asks it.
        Question::AllAddresses(_) => return Err(LookupError::NoRecords),
    })
}

/// Takes an empty answer for what it is.
async fn some<T>(lookup: Lookup<T>) -> Result<Vec<T>, LookupError> {
    let records = lookup.await?;
    if records.is_empty() {
        return Err(LookupError::NoRecords);
    }
    Ok(records)
}
