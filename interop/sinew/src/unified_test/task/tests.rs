//! Environments, as the test's scripts set them and as they do not.

use super::*;

type Variables = [(&'static str, &'static str)];

const CURRENT: [(&str, &str); 8] = [
    ("IS_DIALER", "true"),
    ("REDIS_ADDR", "transport-redis:6379"),
    ("TEST_KEY", "a5b50d5e"),
    ("TRANSPORT", "tcp"),
    ("SECURE_CHANNEL", "tls"),
    ("MUXER", "yamux"),
    ("LISTENER_IP", "10.0.0.7"),
    ("DEBUG", "true"),
];

const LEGACY: [(&str, &str); 7] = [
    ("is_dialer", "false"),
    ("redis_addr", "proxy-a5b50d5e:6379"),
    ("transport", "tcp"),
    ("security", "noise"),
    ("muxer", "yamux"),
    ("ip", "10.0.0.7"),
    ("test_timeout_seconds", "20"),
];

#[test]
fn reads_the_current_form() {
    let task = read(&CURRENT).unwrap();

    assert!(matches!(task.role, Role::Dialer));
    assert!(matches!(task.form, Form::Current));
    assert!(matches!(task.options.transport, Transport::Tcp));
    assert!(matches!(task.options.security, Security::Tls));
    assert_eq!(task.redis, "transport-redis:6379");
    assert_eq!(task.key, "a5b50d5e_listener_multiaddr");
    assert!(task.is_verbose);
    assert_eq!(listen_address(&CURRENT), "/ip4/10.0.0.7/tcp/0");
}

#[test]
fn reads_the_legacy_form() {
    let task = read(&LEGACY).unwrap();

    assert!(matches!(task.role, Role::Listener));
    assert!(matches!(task.form, Form::Legacy));
    assert!(matches!(task.options.transport, Transport::Tcp));
    assert!(matches!(task.options.security, Security::Noise));
    assert_eq!(task.redis, "proxy-a5b50d5e:6379");
    assert_eq!(task.key, "listenerAddr");
    assert_eq!(task.limit, Duration::from_secs(20));
    assert!(!task.is_verbose);
    assert_eq!(listen_address(&LEGACY), "/ip4/10.0.0.7/tcp/0");
}

#[test]
fn takes_the_current_form_where_both_are_set() {
    let both = [CURRENT.as_slice(), &LEGACY].concat();

    let task = read(&both).unwrap();

    assert!(matches!(task.form, Form::Current));
    assert!(matches!(task.role, Role::Dialer));
    assert_eq!(task.redis, "transport-redis:6379");
}

#[test]
fn takes_no_variable_of_the_other_form() {
    let mut legacy = LEGACY.to_vec();
    legacy.extend([("DEBUG", "true"), ("TEST_TIMEOUT_SECS", "7")]);

    let task = read(&legacy).unwrap();

    assert!(!task.is_verbose);
    assert_eq!(task.limit, Duration::from_secs(20));
}

#[test]
fn needs_little_over_quic() {
    let environment = [
        ("IS_DIALER", "false"),
        ("TEST_KEY", "a5b50d5e"),
        ("TRANSPORT", "quic-v1"),
    ];

    let task = read(&environment).unwrap();

    assert!(matches!(task.role, Role::Listener));
    assert!(matches!(task.options.transport, Transport::Quic));
    assert_eq!(task.redis, "redis:6379");
    assert_eq!(task.limit, Duration::from_secs(180));
    assert!(!task.is_verbose);
    assert_eq!(listen_address(&environment), "/ip4/0.0.0.0/udp/0/quic-v1");
}

#[test]
fn listens_on_an_ipv6_address() {
    let environment = with(&CURRENT, "LISTENER_IP", "::");

    assert_eq!(listen_address(&environment), "/ip6/::/tcp/0");
}

#[test]
fn takes_an_empty_variable_for_one_that_is_not_set() {
    let environment = with(&CURRENT, "REDIS_ADDR", "");

    assert_eq!(read(&environment).unwrap().redis, "redis:6379");
}

#[test]
fn names_a_variable_that_is_missing() {
    for name in [
        "IS_DIALER",
        "TEST_KEY",
        "TRANSPORT",
        "SECURE_CHANNEL",
        "MUXER",
    ] {
        let mut environment = CURRENT.to_vec();
        environment.retain(|(other, _)| *other != name);

        assert_eq!(refusal(&environment), format!("{name} is not set"));
    }
}

#[test]
fn names_a_variable_that_it_cannot_follow() {
    for (name, value) in [
        ("IS_DIALER", "yes"),
        ("TRANSPORT", "webtransport"),
        ("SECURE_CHANNEL", "plaintext"),
        ("MUXER", "mplex"),
        ("LISTENER_IP", "localhost"),
        ("TEST_TIMEOUT_SECS", "-1"),
        ("DEBUG", "1"),
    ] {
        assert_eq!(
            refusal(&with(&CURRENT, name, value)),
            format!("{name} is `{value}`, which this cannot do")
        );
    }
}

#[test]
fn names_a_legacy_variable_as_it_is_spelled() {
    let environment = with(&LEGACY, "muxer", "mplex");

    assert_eq!(
        refusal(&environment),
        "muxer is `mplex`, which this cannot do"
    );
}

fn read(environment: &Variables) -> Result<Task, Error> {
    Task::read(|wanted| {
        let mut variables = environment.iter();
        let (_, value) = variables.find(|(name, _)| *name == wanted)?;
        Some((*value).to_owned())
    })
}

fn refusal(environment: &Variables) -> String {
    let error = read(environment).err().expect("the environment is refused");
    error.to_string()
}

fn listen_address(environment: &Variables) -> String {
    let task = read(environment).unwrap();
    task.listen_address().unwrap().to_string()
}

/// Returns the environment with one variable set to something else, or too.
fn with(
    environment: &Variables,
    name: &'static str,
    value: &'static str,
) -> Vec<(&'static str, &'static str)> {
    let mut changed = environment.to_vec();
    changed.retain(|(other, _)| *other != name);
    changed.push((name, value));
    changed
}
