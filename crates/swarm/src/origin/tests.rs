//! What each kind of address counts against.

use super::Origin;

fn origin(ip: &str) -> [Option<String>; 2] {
    let Origin { address, prefix } = Origin::of(ip.parse().unwrap());
    [address, prefix].map(|block| block.map(|block| block.to_string()))
}

fn blocks(address: &str, prefix: &str) -> [Option<String>; 2] {
    [Some(address.into()), Some(prefix.into())]
}

#[test]
fn an_ipv4_address_counts_by_itself_and_in_its_24() {
    assert_eq!(
        origin("203.0.113.77"),
        blocks("203.0.113.77/32", "203.0.113.0/24")
    );
}

#[test]
fn an_ipv6_address_counts_in_its_64_and_in_its_48() {
    assert_eq!(
        origin("2001:db8:1:2:3:4:5:6"),
        blocks("2001:db8:1:2::/64", "2001:db8:1::/48")
    );
}

#[test]
fn an_ipv4_address_written_as_ipv6_is_an_ipv4_address() {
    assert_eq!(origin("::ffff:203.0.113.77"), origin("203.0.113.77"));
    assert_eq!(origin("::ffff:127.0.0.1"), [None, None]);
}

#[test]
fn this_machine_counts_nowhere() {
    assert_eq!(origin("127.0.0.1"), [None, None]);
    assert_eq!(origin("127.9.9.9"), [None, None]);
    assert_eq!(origin("::1"), [None, None]);
}

#[test]
fn hosts_of_a_private_network_count_each_by_itself_alone() {
    for ip in ["10.1.2.3", "172.16.0.9", "192.168.7.7", "169.254.1.1"] {
        assert_eq!(origin(ip), [Some(format!("{ip}/32")), None]);
    }
    for ip in ["fd00::1:2", "fe80::7"] {
        assert_eq!(origin(ip), [Some(format!("{ip}/128")), None]);
    }
}
