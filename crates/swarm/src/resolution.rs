//! Turns addresses with names into addresses that can be dialed: pure; it asks, and is told the answers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use sinew_identity::PeerId;
use sinew_multiaddr::{Address, Host, Name, Target};
use sinew_runtime::{IpFamily, LookupError};

use crate::{FailedDial, LookupFailure, LookupLimits, Question, candidate::Candidate};

/// The names of one attempt.
///
/// ```text
/// add ──► poll_question ──► (a resolver) ──► handle_answer ──► poll_found
///              ▲                                  │ further names
///              └──────────────────────────────────┘
/// ```
///
/// Each question is asked once, so that addresses which share a name are found at the same moment and take
/// their places in the race together. Time is what has passed since the attempt began.
#[derive(Debug)]
pub(crate) struct Resolution {
    limits: LookupLimits,
    questions: BTreeMap<Question, State>,
    /// Questions that were not handed out yet.
    to_ask: VecDeque<Question>,
    /// Addresses with names that were looked at.
    seen: BTreeSet<Address>,
    /// IPv4 addresses that wait for the IPv6 addresses of their name, in the order of their time.
    held: VecDeque<Held>,
    found: VecDeque<Found>,
    failures: usize,
    deadline: Duration,
}

/// What became of a name.
#[derive(Debug)]
pub(crate) enum Found {
    Candidate(Candidate),
    Failed(FailedDial),
}

/// The answer to a question.
#[derive(Clone, Debug)]
pub(crate) enum Records {
    Addresses(Vec<IpAddr>),
    Texts(Vec<Vec<u8>>),
}

pub(crate) type Answer = Result<Records, LookupFailure>;

/// When an answer came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    pub(crate) now: Duration,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

#[derive(Debug)]
enum State {
    Waiting(Vec<Pending>),
    Answered(Arc<Answer>),
}

/// An address that needs an answer.
#[derive(Clone, Debug)]
struct Pending {
    address: Address,
    /// What a caller gave.
    root: Address,
    /// The `/dnsaddr` names that led here.
    path: Vec<Name>,
}

#[derive(Debug)]
struct Held {
    until: Duration,
    name: Name,
    candidate: Candidate,
}

impl Resolution {
    pub(crate) fn new(limits: LookupLimits) -> Self {
        Self {
            limits,
            questions: BTreeMap::new(),
            to_ask: VecDeque::new(),
            seen: BTreeSet::new(),
            held: VecDeque::new(),
            found: VecDeque::new(),
            failures: 0,
            deadline: Duration::ZERO,
        }
    }

    /// Adds an address that a caller gave. If it names a peer, that peer is meant and no other.
    pub(crate) fn add(&mut self, address: Address, now: Duration) {
        self.deadline = now.saturating_add(self.limits.total_timeout);
        let pending = Pending {
            root: address.clone(),
            address,
            path: Vec::new(),
        };
        let elapsed = Duration::ZERO;
        self.insert(pending, When { now, elapsed });
    }

    /// Takes the next question to ask.
    pub(crate) fn poll_question(&mut self) -> Option<Question> {
        self.to_ask.pop_front()
    }

    /// Takes the answer to a question that was handed out.
    pub(crate) fn handle_answer(&mut self, question: &Question, answer: Answer, when: When) {
        let Some(state @ State::Waiting(_)) = self.questions.get_mut(question) else {
            return;
        };
        let answer = Arc::new(answer);
        let before = std::mem::replace(state, State::Answered(answer.clone()));
        if let State::Waiting(waiting) = before {
            for pending in waiting {
                self.apply(question, &answer, &pending, when);
                self.conclude(&pending, when);
            }
        }
        if let Question::Addresses(name, IpFamily::V6) = question {
            self.release(|held| held.name == *name);
        }
    }

    /// Takes what was found next, in the order of the answers.
    pub(crate) fn poll_found(&mut self) -> Option<Found> {
        self.found.pop_front()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let held = self.held.front().map(|held| held.until);
        let deadline = self.is_waiting().then_some(self.deadline);
        held.into_iter().chain(deadline).min()
    }

    /// Does what is due: lets held addresses go, and gives up what takes too long.
    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        self.release(|held| held.until <= now);
        if self.deadline > now {
            return;
        }
        self.to_ask.clear();
        let is_waiting = |(_, state): &(&Question, &State)| matches!(state, State::Waiting(_));
        let waiting = self.questions.iter().filter(is_waiting);
        let waiting: Vec<_> = waiting.map(|(question, _)| question.clone()).collect();
        for question in waiting {
            let failure = LookupFailure::TimedOut {
                question: question.clone(),
                after: self.limits.total_timeout,
            };
            let elapsed = self.limits.total_timeout;
            self.handle_answer(&question, Err(failure), When { now, elapsed });
        }
    }

    /// Returns whether everything is found that will be.
    pub(crate) fn is_idle(&self) -> bool {
        self.found.is_empty() && self.held.is_empty() && !self.is_waiting()
    }

    fn is_waiting(&self) -> bool {
        let mut states = self.questions.values();
        states.any(|state| matches!(state, State::Waiting(_)))
    }

    /// Looks at an address, from a caller or from a record.
    fn insert(&mut self, pending: Pending, when: When) {
        if !pending.address.needs_lookup() {
            self.found.push_back(Found::Candidate(pending.candidate()));
            return;
        }
        if let Target::Dnsaddr(name) = pending.address.target() {
            self.follow(name.clone(), pending, when);
        } else if self.seen.insert(pending.address.clone()) {
            self.ask_addresses(pending, when);
        }
    }

    /// Follows `/dnsaddr`, unless that leads in a circle or too far.
    fn follow(&mut self, name: Name, mut pending: Pending, when: When) {
        if let Some(latest) = pending.path.last()
            && pending.path.contains(&name)
        {
            let question = Question::Texts(latest.clone());
            return self.fail(&pending, when, LookupFailure::Loop { question, name });
        }
        let maximum = self.limits.max_nesting;
        if pending.path.len() > maximum {
            return self.fail(&pending, when, LookupFailure::TooDeep { name, maximum });
        }
        if self.seen.insert(pending.address.clone()) {
            pending.path.push(name.clone());
            self.ask(Question::Texts(name), pending, when);
        }
    }

    fn ask_addresses(&mut self, pending: Pending, when: When) {
        let questions = match pending.address.host() {
            Some(Host::Dns(name)) => both_of(name).to_vec(),
            Some(Host::Dns4(name)) => vec![Question::Addresses(name.clone(), IpFamily::V4)],
            Some(Host::Dns6(name)) => vec![Question::Addresses(name.clone(), IpFamily::V6)],
            Some(Host::Ip4(_) | Host::Ip6(_)) | None => Vec::new(),
        };
        let is_answered =
            |question| matches!(self.questions.get(question), Some(State::Answered(_)));
        let are_answered = questions.iter().all(is_answered);
        for question in questions {
            self.ask(question, pending.clone(), when);
        }
        if are_answered {
            self.conclude(&pending, when);
        }
    }

    fn ask(&mut self, question: Question, pending: Pending, when: When) {
        let maximum = self.limits.max_questions;
        let has_room = self.questions.len() < maximum;
        match self.questions.get_mut(&question) {
            Some(State::Waiting(waiting)) => waiting.push(pending),
            Some(State::Answered(answer)) => {
                let answer = answer.clone();
                self.apply(&question, &answer, &pending, when);
            }
            None if !has_room => {
                let failure = LookupFailure::TooManyQuestions { question, maximum };
                self.fail(&pending, when, failure);
            }
            None => {
                self.to_ask.push_back(question.clone());
                let waiting = State::Waiting(vec![pending]);
                self.questions.insert(question, waiting);
            }
        }
    }

    fn apply(&mut self, question: &Question, answer: &Answer, pending: &Pending, when: When) {
        match answer {
            Ok(Records::Addresses(ips)) => self.on_addresses(question, ips, pending, when),
            Ok(Records::Texts(texts)) => self.on_texts(question, texts, pending, when),
            // Told once it is known of both families.
            Err(failure) if absence(failure).is_some() && pending.is_for_both_families() => {}
            Err(failure) => self.fail(pending, when, failure.clone()),
        }
    }

    fn on_addresses(&mut self, question: &Question, ips: &[IpAddr], pending: &Pending, when: When) {
        let Question::Addresses(_, family) = question else {
            return;
        };
        self.check_count(question, ips.len(), pending, when);
        let until = when.now.saturating_add(self.limits.ipv6_head_start);
        let held_for = self.name_to_wait_for(question, pending);
        let of_family = |ip: &&IpAddr| IpFamily::of(**ip) == *family;
        for ip in ips.iter().filter(of_family).take(self.limits.max_records) {
            let candidate = pending.with_ip(*ip);
            match held_for.clone() {
                Some(name) => self.held.push_back(Held {
                    until,
                    name,
                    candidate,
                }),
                None => self.found.push_back(Found::Candidate(candidate)),
            }
        }
    }

    /// Returns the name whose IPv6 addresses come before the IPv4 addresses that were found.
    fn name_to_wait_for(&self, found: &Question, pending: &Pending) -> Option<Name> {
        let Some(Host::Dns(name)) = pending.address.host() else {
            return None;
        };
        let [ipv6, ipv4] = both_of(name);
        let is_waiting = matches!(self.questions.get(&ipv6), Some(State::Waiting(_)));
        (*found == ipv4 && is_waiting).then(|| name.clone())
    }

    fn on_texts(&mut self, question: &Question, texts: &[Vec<u8>], pending: &Pending, when: When) {
        // [addressing §dnsaddr Links] Other text records of the name have nothing to do with it.
        let marked = texts.iter().filter_map(|text| text.strip_prefix(MARK));
        let records: Vec<_> = marked.map(String::from_utf8_lossy).collect();
        if records.is_empty() {
            let (question, source) = (question.clone(), LookupError::NoRecords);
            self.fail(
                pending,
                when,
                LookupFailure::Unanswered { question, source },
            );
            return;
        }
        self.check_count(question, records.len(), pending, when);
        let expected = pending.address.peer_id();
        let (mut of_peer, mut of_others) = (0, 0);
        for record in records.iter().take(self.limits.max_records) {
            match record.parse::<Address>() {
                Ok(address) if is_of(&address, expected) => {
                    of_peer += 1;
                    self.insert(pending.next(address), when);
                }
                Ok(_) => of_others += 1,
                Err(source) => {
                    let (question, record) = (question.clone(), quoted(record));
                    let failure = LookupFailure::Record {
                        question,
                        record,
                        source,
                    };
                    self.fail(pending, when, failure);
                }
            }
        }
        if let (Some(peer), 0, 1..) = (expected, of_peer, of_others) {
            let question = question.clone();
            self.fail(pending, when, LookupFailure::OtherPeers { question, peer });
        }
    }

    fn check_count(&mut self, question: &Question, count: usize, pending: &Pending, when: When) {
        let maximum = self.limits.max_records;
        if count > maximum {
            let question = question.clone();
            let failure = LookupFailure::TooManyRecords {
                question,
                count,
                maximum,
            };
            self.fail(pending, when, failure);
        }
    }

    /// Tells that a name has no addresses of either family, if both are known.
    fn conclude(&mut self, pending: &Pending, when: When) {
        let Some(Host::Dns(name)) = pending.address.host() else {
            return;
        };
        let [Some(ipv6), Some(ipv4)] = both_of(name).map(|question| self.absence_of(&question))
        else {
            return;
        };
        let is_unknown = matches!(ipv6, LookupError::NoSuchName);
        let source = if is_unknown { ipv6 } else { ipv4 };
        let question = Question::AllAddresses(name.clone());
        self.fail(
            pending,
            when,
            LookupFailure::Unanswered { question, source },
        );
    }

    /// Returns why there is certainly no answer to `question`.
    fn absence_of(&self, question: &Question) -> Option<LookupError> {
        match self.questions.get(question)? {
            State::Answered(answer) => answer.as_ref().as_ref().err().and_then(absence).cloned(),
            State::Waiting(_) => None,
        }
    }

    /// Lets held addresses go.
    fn release(&mut self, is_free: impl Fn(&Held) -> bool) {
        let held = std::mem::take(&mut self.held);
        for held in held {
            if is_free(&held) {
                self.found.push_back(Found::Candidate(held.candidate));
            } else {
                self.held.push_back(held);
            }
        }
    }

    fn fail(&mut self, pending: &Pending, when: When, failure: LookupFailure) {
        self.failures += 1;
        if self.failures > MAX_FAILURES {
            return;
        }
        let failed = pending.candidate().failed(when.elapsed, failure.into());
        self.found.push_back(Found::Failed(failed));
    }
}

impl Pending {
    /// Returns what a record leads to. A record that names no peer is taken to be about the expected one, and
    /// the handshake checks that.
    fn next(&self, address: Address) -> Self {
        Self {
            address: match self.address.peer_id() {
                Some(peer) => address.with_peer(peer),
                None => address,
            },
            ..self.clone()
        }
    }

    fn candidate(&self) -> Candidate {
        let is_given = self.address == self.root;
        Candidate {
            address: self.address.clone(),
            resolved_from: (!is_given).then(|| self.root.clone()),
        }
    }

    fn with_ip(&self, ip: IpAddr) -> Candidate {
        Candidate {
            address: self.address.clone().with_ip(ip),
            resolved_from: Some(self.root.clone()),
        }
    }

    fn is_for_both_families(&self) -> bool {
        matches!(self.address.host(), Some(Host::Dns(_)))
    }
}

/// Returns whether an address can be one of the expected peer.
fn is_of(address: &Address, expected: Option<PeerId>) -> bool {
    match (address.peer_id(), expected) {
        (Some(named), Some(expected)) => named == expected,
        _ => true,
    }
}

fn both_of(name: &Name) -> [Question; 2] {
    // [addressing §IP and Name Resolution] IPv6 is preferred.
    [IpFamily::V6, IpFamily::V4].map(|family| Question::Addresses(name.clone(), family))
}

/// Returns why there is certainly nothing, if that is the failure.
fn absence(failure: &LookupFailure) -> Option<&LookupError> {
    let LookupFailure::Unanswered { source, .. } = failure else {
        return None;
    };
    matches!(source, LookupError::NoSuchName | LookupError::NoRecords).then_some(source)
}

/// Returns the beginning of a record as it can be shown to a person.
fn quoted(record: &str) -> Box<str> {
    let begin = record.chars().take(MAX_QUOTED);
    begin
        .flat_map(char::escape_debug)
        .collect::<String>()
        .into()
}

/// Begins the text records that hold addresses.
const MARK: &[u8] = b"dnsaddr=";

/// Failures that one attempt keeps; further ones would drown them.
const MAX_FAILURES: usize = 64;

/// Characters of a record that are quoted in an error.
const MAX_QUOTED: usize = 128;

#[cfg(test)]
mod tests;
