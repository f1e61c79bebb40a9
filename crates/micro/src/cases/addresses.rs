//! Peer ids and multiaddrs, as text and as bytes.

use std::hint::black_box;

use sinew_identity::PeerId;
use sinew_multiaddr::Multiaddr;

use super::Work;
use super::world::{keypair, rng};

pub(super) fn peer_ids() -> Work {
    let texts = all_peers().map(|peer| peer.to_string());
    Box::new(move || {
        for text in &texts {
            let peer: PeerId = text.parse().expect("it was printed");
            black_box(peer.to_string());
        }
    })
}

pub(super) fn text() -> Work {
    let texts = all_addresses();
    Box::new(move || {
        for text in &texts {
            let address: Multiaddr = text.parse().expect("it is right");
            black_box(address.to_string());
        }
    })
}

pub(super) fn binary() -> Work {
    let all = all_addresses().map(|text| {
        let address: Multiaddr = text.parse().expect("it is right");
        address.to_bytes()
    });
    Box::new(move || {
        for bytes in &all {
            let address = Multiaddr::from_bytes(bytes).expect("they were encoded");
            black_box(address.to_bytes());
        }
    })
}

fn all_addresses() -> [String; COUNT] {
    let mut index = 0_u16;
    all_peers().map(|peer| {
        index += 1;
        let host = index % 250;
        match index % 4 {
            0 => format!("/ip4/192.0.2.{host}/udp/4001/quic-v1/p2p/{peer}"),
            1 => format!("/ip6/2001:db8::{host:x}/tcp/4001/p2p/{peer}"),
            2 => format!("/dnsaddr/node-{host}.example.com/p2p/{peer}"),
            _ => format!("/ip4/192.0.2.{host}/tcp/{index}"),
        }
    })
}

fn all_peers() -> [PeerId; COUNT] {
    let mut rng = rng(1);
    std::array::from_fn(|_| keypair(&mut rng).peer_id())
}

const COUNT: usize = 100;
