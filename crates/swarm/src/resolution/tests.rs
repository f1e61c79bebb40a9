//! Names, records and answers, also those of strangers.

use sinew_identity::Keypair;

use super::*;
use crate::DialFailure;

const NOW: Duration = Duration::ZERO;

/// What a name server knows.
#[derive(Default)]
struct Zone {
    ips: Vec<(&'static str, IpAddr)>,
    texts: Vec<(String, Vec<u8>)>,
}

impl Zone {
    fn ip(mut self, name: &'static str, ip: &str) -> Self {
        self.ips.push((name, ip.parse().unwrap()));
        self
    }

    fn dnsaddr(self, name: &str, address: impl AsRef<str>) -> Self {
        self.text(name, format!("dnsaddr={}", address.as_ref()))
    }

    fn text(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.texts.push((name.to_owned(), text.into()));
        self
    }

    fn answer(&self, question: &Question) -> Answer {
        let records = match question {
            Question::Addresses(name, family) => {
                let is_asked = |(of, ip): &&(&str, IpAddr)| {
                    *of == name.as_str() && IpFamily::of(*ip) == *family
                };
                let ips = self.ips.iter().filter(is_asked).map(|(_, ip)| *ip);
                Records::Addresses(ips.collect())
            }
            Question::Texts(name) => {
                let texts = self.texts.iter().filter(|(of, _)| of == name.as_str());
                Records::Texts(texts.map(|(_, text)| text.clone()).collect())
            }
            Question::AllAddresses(_) => panic!("nobody asks for both at once"),
        };
        let is_empty = match &records {
            Records::Addresses(ips) => ips.is_empty(),
            Records::Texts(texts) => texts.is_empty(),
        };
        if is_empty {
            return Err(unanswered(question, LookupError::NoRecords));
        }
        Ok(records)
    }
}

/// A resolution with what it asked and found.
struct Run {
    resolution: Resolution,
    asked: Vec<Question>,
    addresses: Vec<String>,
    failed: Vec<FailedDial>,
}

impl Run {
    fn new(limits: LookupLimits) -> Self {
        Self {
            resolution: Resolution::new(limits),
            asked: Vec::new(),
            addresses: Vec::new(),
            failed: Vec::new(),
        }
    }

    fn of(zone: &Zone, addresses: &[&str]) -> Self {
        let mut run = Self::new(LookupLimits::default());
        for address in addresses {
            run.resolution.add(parse(address), NOW);
        }
        run.answer_from(zone);
        run
    }

    fn answer_from(&mut self, zone: &Zone) {
        while let Some(question) = self.resolution.poll_question() {
            self.answer(&question, zone.answer(&question), NOW);
        }
        assert!(self.resolution.is_idle());
    }

    fn answer(&mut self, question: &Question, answer: Answer, now: Duration) {
        self.asked.push(question.clone());
        let elapsed = now;
        self.resolution
            .handle_answer(question, answer, When { now, elapsed });
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(found) = self.resolution.poll_found() {
            match found {
                Found::Candidate(it) => self.addresses.push(it.address.to_string()),
                Found::Failed(it) => self.failed.push(it),
            }
        }
    }

    /// Returns the only failure.
    fn failure(&self) -> &LookupFailure {
        let [failed] = self.failed.as_slice() else {
            panic!("unexpected {:?}", self.failed)
        };
        lookup(failed)
    }
}

fn lookup(failed: &FailedDial) -> &LookupFailure {
    let DialFailure::Lookup(failure) = &failed.error else {
        panic!("unexpected {failed}")
    };
    failure
}

fn parse(address: &str) -> Address {
    address.parse().unwrap()
}

fn peer(secret: u8) -> PeerId {
    Keypair::ed25519_from_secret([secret; 32]).peer_id()
}

fn ask(name: &str, family: IpFamily) -> Question {
    Question::Addresses(name.parse().unwrap(), family)
}

fn unanswered(question: &Question, source: LookupError) -> LookupFailure {
    let question = question.clone();
    LookupFailure::Unanswered { question, source }
}

#[test]
fn puts_each_address_of_a_name_in_its_place_and_keeps_the_rest() {
    let zone = Zone::default()
        .ip("bob.example", "192.0.2.7")
        .ip("bob.example", "192.0.2.8")
        .ip("bob.example", "2001:db8::7");
    let quic = format!("/dns4/bob.example/udp/1/quic-v1/p2p/{}", peer(2));

    let run = Run::of(&zone, &[&quic, "/dns6/bob.example/tcp/2"]);

    assert_eq!(
        run.addresses,
        [
            format!("/ip4/192.0.2.7/udp/1/quic-v1/p2p/{}", peer(2)),
            format!("/ip4/192.0.2.8/udp/1/quic-v1/p2p/{}", peer(2)),
            "/ip6/2001:db8::7/tcp/2".to_owned(),
        ]
    );
    assert!(run.failed.is_empty());
}

#[test]
fn asks_each_question_once_however_many_addresses_need_it() {
    let zone = Zone::default().ip("bob.example", "192.0.2.7");

    let run = Run::of(
        &zone,
        &[
            "/dns4/bob.example/tcp/1",
            "/dns4/bob.example/udp/1/quic-v1",
            "/dns/bob.example/tcp/2",
            "/dns4/bob.example/tcp/1",
        ],
    );

    assert_eq!(
        run.asked,
        [
            ask("bob.example", IpFamily::V4),
            ask("bob.example", IpFamily::V6)
        ]
    );
    assert_eq!(
        run.addresses,
        [
            "/ip4/192.0.2.7/tcp/1",
            "/ip4/192.0.2.7/udp/1/quic-v1",
            "/ip4/192.0.2.7/tcp/2"
        ]
    );
}

#[test]
fn answers_a_later_address_from_what_is_known() {
    let zone = Zone::default().ip("bob.example", "192.0.2.7");
    let mut run = Run::of(&zone, &["/dns4/bob.example/tcp/1"]);

    run.resolution.add(parse("/dns4/bob.example/tcp/2"), NOW);
    run.drain();

    assert_eq!(run.resolution.poll_question(), None);
    assert_eq!(
        run.addresses,
        ["/ip4/192.0.2.7/tcp/1", "/ip4/192.0.2.7/tcp/2"]
    );
}

// [addressing §IP and Name Resolution] Of both families, IPv6 is preferred.
#[test]
fn holds_ipv4_back_while_ipv6_may_come() {
    let head_start = LookupLimits::default().ipv6_head_start;
    let zone = Zone::default()
        .ip("bob.example", "192.0.2.7")
        .ip("bob.example", "2001:db8::7");
    let [ipv6, ipv4] = both_of(&"bob.example".parse().unwrap());
    let begin = || {
        let mut run = Run::new(LookupLimits::default());
        run.resolution.add(parse("/dns/bob.example/tcp/1"), NOW);
        let asked: Vec<_> = std::iter::from_fn(|| run.resolution.poll_question()).collect();
        assert_eq!(asked, [ipv6.clone(), ipv4.clone()]);
        run.answer(&ipv4, zone.answer(&ipv4), NOW);
        assert!(run.addresses.is_empty());
        assert_eq!(run.resolution.poll_timeout(), Some(head_start));
        run
    };

    let mut in_time = begin();
    in_time.answer(&ipv6, zone.answer(&ipv6), NOW);
    let mut late = begin();
    late.resolution.handle_timeout(head_start);
    late.drain();

    assert_eq!(
        in_time.addresses,
        ["/ip6/2001:db8::7/tcp/1", "/ip4/192.0.2.7/tcp/1"]
    );
    assert_eq!(late.addresses, ["/ip4/192.0.2.7/tcp/1"]);
    assert!(!late.resolution.is_idle(), "the answer may still come");
}

#[test]
fn says_nothing_of_a_family_that_a_name_does_not_have() {
    let one = Zone::default().ip("bob.example", "192.0.2.7");

    let found = Run::of(&one, &["/dns/bob.example/tcp/1"]);
    let nothing = Run::of(&Zone::default(), &["/dns/bob.example/tcp/1"]);

    assert_eq!(found.addresses, ["/ip4/192.0.2.7/tcp/1"]);
    assert!(found.failed.is_empty());
    assert!(matches!(
        nothing.failure(),
        LookupFailure::Unanswered {
            question: Question::AllAddresses(_),
            source: LookupError::NoRecords
        }
    ));
}

#[test]
fn tells_of_each_address_whose_name_has_no_answer() {
    let mut run = Run::new(LookupLimits::default());
    let addresses = ["/dns4/bob.example/tcp/1", "/dns4/bob.example/tcp/2"];
    for address in addresses {
        run.resolution.add(parse(address), NOW);
    }
    let question = run.resolution.poll_question().unwrap();

    let failure = unanswered(&question, LookupError::ServerFailed { code: 2 });
    let took = Duration::from_millis(20);
    run.answer(&question, Err(failure), took);

    let failed = run.failed.iter().map(|it| it.address.to_string());
    assert_eq!(failed.collect::<Vec<_>>(), addresses);
    assert_eq!(run.failed[0].elapsed, took);
    assert!(run.resolution.is_idle());
}

#[test]
fn follows_records_to_addresses_and_to_further_names() {
    let zone = Zone::default()
        .dnsaddr("example", "/ip4/192.0.2.7/tcp/1")
        .dnsaddr("example", "/dnsaddr/one.example")
        .dnsaddr("one.example", "/dns4/bob.example/tcp/2")
        .ip("bob.example", "192.0.2.8");

    let mut run = Run::new(LookupLimits::default());
    run.resolution.add(parse("/dnsaddr/example"), NOW);
    run.answer_from(&zone);

    assert_eq!(
        run.addresses,
        ["/ip4/192.0.2.7/tcp/1", "/ip4/192.0.2.8/tcp/2"]
    );
    assert!(run.failed.is_empty());
}

#[test]
fn remembers_what_a_caller_gave() {
    let zone = Zone::default().dnsaddr("example", "/dnsaddr/one.example");
    let mut resolution = Resolution::new(LookupLimits::default());
    resolution.add(parse("/dnsaddr/example"), NOW);
    while let Some(question) = resolution.poll_question() {
        let when = When {
            now: NOW,
            elapsed: NOW,
        };
        resolution.handle_answer(&question, zone.answer(&question), when);
    }

    let Some(Found::Failed(failed)) = resolution.poll_found() else {
        panic!("one.example has no records")
    };
    assert_eq!(failed.address, parse("/dnsaddr/one.example"));
    assert_eq!(failed.resolved_from, Some(parse("/dnsaddr/example")));
}

#[test]
fn passes_over_records_of_other_peers_and_takes_those_of_none() {
    let others = format!("/ip4/192.0.2.7/tcp/1/p2p/{}", peer(3));
    let nobodys = "/ip4/192.0.2.8/tcp/1";
    let own = format!("/ip4/192.0.2.9/tcp/1/p2p/{}", peer(2));
    let zone = Zone::default()
        .dnsaddr("example", &others)
        .dnsaddr("example", nobodys)
        .dnsaddr("example", &own);

    let of_one = Run::of(&zone, &[&format!("/dnsaddr/example/p2p/{}", peer(2))]);
    let of_all = Run::of(&zone, &["/dnsaddr/example"]);

    let expected = format!("{nobodys}/p2p/{}", peer(2));
    assert_eq!(of_one.addresses, [expected, own.clone()]);
    assert!(of_one.failed.is_empty());
    assert_eq!(of_all.addresses, [others, nobodys.to_owned(), own]);
}

#[test]
fn passes_over_nested_names_of_other_peers() {
    let zone = Zone::default()
        .dnsaddr("example", format!("/dnsaddr/one.example/p2p/{}", peer(2)))
        .dnsaddr("example", format!("/dnsaddr/two.example/p2p/{}", peer(3)))
        .dnsaddr(
            "one.example",
            format!("/ip4/192.0.2.7/tcp/1/p2p/{}", peer(2)),
        );

    let run = Run::of(&zone, &[&format!("/dnsaddr/example/p2p/{}", peer(2))]);

    assert_eq!(run.asked.len(), 2);
    assert_eq!(run.addresses.len(), 1);
}

#[test]
fn says_when_no_record_is_about_the_peer() {
    let zone = Zone::default().dnsaddr("example", format!("/ip4/192.0.2.7/tcp/1/p2p/{}", peer(3)));

    let run = Run::of(&zone, &[&format!("/dnsaddr/example/p2p/{}", peer(2))]);

    assert!(matches!(run.failure(), LookupFailure::OtherPeers { peer: it, .. } if *it == peer(2)));
}

// [addressing §dnsaddr Links] Records that do not begin with `dnsaddr=` are of no concern.
#[test]
fn names_the_record_that_is_malformed_and_uses_the_others() {
    let zone = Zone::default()
        .text("example", "v=spf1 -all")
        .text("example", b"\xff\xfe".as_slice())
        .dnsaddr("example", "/ip4/192.0.2.7/tcp/443/wss")
        .dnsaddr("example", "/ip4/192.0.2.7/tcp/1");

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.addresses, ["/ip4/192.0.2.7/tcp/1"]);
    let message = run.failed[0].to_string();
    assert!(message.contains("/ip4/192.0.2.7/tcp/443/wss"), "{message}");
    assert!(message.contains("_dnsaddr.example"), "{message}");
    assert!(matches!(run.failure(), LookupFailure::Record { .. }));
}

#[test]
fn quotes_no_more_of_a_record_than_a_person_reads_and_nothing_that_does_not_print() {
    let long = format!("\u{1b}[31m{}", "x".repeat(5000));
    let zone = Zone::default().dnsaddr("example", long);

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    let LookupFailure::Record { record, .. } = run.failure() else {
        panic!("unexpected {:?}", run.failed)
    };
    assert!(record.len() <= 2 * MAX_QUOTED);
    assert!(!run.failed[0].to_string().contains('\u{1b}'));
}

#[test]
fn takes_text_records_without_addresses_for_none() {
    let zone = Zone::default().text("example", "v=spf1 -all");

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert!(matches!(
        run.failure(),
        LookupFailure::Unanswered {
            source: LookupError::NoRecords,
            ..
        }
    ));
}

#[test]
fn notices_records_that_lead_in_a_circle() {
    let zone = Zone::default()
        .dnsaddr("example", "/dnsaddr/one.example")
        .dnsaddr("one.example", "/dnsaddr/example")
        .dnsaddr("one.example", "/ip4/192.0.2.7/tcp/1");

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.addresses, ["/ip4/192.0.2.7/tcp/1"]);
    let LookupFailure::Loop { question, name } = run.failure() else {
        panic!("unexpected {:?}", run.failed)
    };
    assert_eq!(*question, Question::Texts("one.example".parse().unwrap()));
    assert_eq!(name.as_str(), "example");
}

#[test]
fn asks_for_a_name_that_leads_to_itself_once() {
    let zone = Zone::default().dnsaddr("example", "/dnsaddr/example");

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.asked.len(), 1);
    assert!(matches!(run.failure(), LookupFailure::Loop { .. }));
}

#[test]
fn goes_no_deeper_than_it_may() {
    let step = |zone: Zone, n: usize| {
        zone.dnsaddr(
            &format!("{n}.example"),
            format!("/dnsaddr/{}.example", n + 1),
        )
    };
    let zone = (0..9).fold(Zone::default(), step);

    let run = Run::of(&zone, &["/dnsaddr/0.example"]);

    assert_eq!(run.asked.len(), 1 + LookupLimits::default().max_nesting);
    assert!(
        matches!(run.failure(), LookupFailure::TooDeep { name, .. } if name.as_str() == "4.example")
    );
}

#[test]
fn asks_no_more_questions_than_it_may() {
    let fan = |zone: Zone, n| zone.dnsaddr("example", format!("/dnsaddr/{n}.example"));
    let zone = (0..60).fold(Zone::default(), fan);

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.asked.len(), LookupLimits::default().max_questions);
    let refused = run.failed.iter().map(lookup);
    let refused = refused.filter(|it| matches!(it, LookupFailure::TooManyQuestions { .. }));
    assert_eq!(refused.count(), 60 - 31);
}

#[test]
fn cuts_thousands_of_records_and_says_so() {
    let record = |zone: Zone, n| zone.dnsaddr("example", format!("/ip4/192.0.2.7/tcp/{n}"));
    let zone = (1..=5000).fold(Zone::default(), record);

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.addresses.len(), LookupLimits::default().max_records);
    assert!(matches!(
        run.failure(),
        LookupFailure::TooManyRecords {
            count: 5000,
            maximum: 100,
            ..
        }
    ));
}

#[test]
fn keeps_a_bounded_number_of_failures() {
    let record = |zone: Zone, n: usize| {
        let name = format!("{}.example", n / 100);
        zone.dnsaddr(&name, "/nothing")
            .dnsaddr("example", format!("/dnsaddr/{name}"))
    };
    let zone = (0..3000).fold(Zone::default(), record);

    let run = Run::of(&zone, &["/dnsaddr/example"]);

    assert_eq!(run.failed.len(), MAX_FAILURES);
}

#[test]
fn gives_up_what_takes_longer_than_all_of_it_may() {
    let limits = LookupLimits::default();
    let mut run = Run::new(limits);
    run.resolution.add(parse("/dns4/bob.example/tcp/1"), NOW);
    let question = run.resolution.poll_question().unwrap();
    assert_eq!(run.resolution.poll_timeout(), Some(limits.total_timeout));

    run.resolution.handle_timeout(limits.total_timeout);
    run.drain();
    let zone = Zone::default().ip("bob.example", "192.0.2.7");
    run.answer(&question, zone.answer(&question), limits.total_timeout);

    assert!(run.resolution.is_idle());
    assert!(
        matches!(run.failure(), LookupFailure::TimedOut { after, .. } if *after == limits.total_timeout)
    );
    assert!(run.addresses.is_empty(), "the answer came too late");
}

#[test]
fn believes_no_address_of_the_wrong_family() {
    let mut run = Run::new(LookupLimits::default());
    run.resolution.add(parse("/dns4/bob.example/tcp/1"), NOW);
    let question = run.resolution.poll_question().unwrap();

    let ips = ["2001:db8::7", "192.0.2.7"].map(|ip| ip.parse().unwrap());
    run.answer(&question, Ok(Records::Addresses(ips.to_vec())), NOW);

    assert_eq!(run.addresses, ["/ip4/192.0.2.7/tcp/1"]);
}
