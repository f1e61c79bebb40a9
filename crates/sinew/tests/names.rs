//! A host that is found by its name, over QUIC, with a name server on this machine.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::{net::Ipv4Addr, sync::Arc};

use sinew::{
    Address, ConnectError, DialFailure, Host, Keypair, LookupFailure, Resolver, Runtime,
    dns::DnsResolver, memory::MemoryNetwork,
};
use sinew_dns::NameServer;

#[tokio::test]
async fn a_host_is_found_by_its_name() {
    let server = NameServer::start().await.unwrap();
    let bob = Host::builder(Keypair::generate_ed25519())
        .listen("/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap())
        .start()
        .await
        .unwrap();
    let address = bob.listen_addresses().remove(0);
    server.add_ip("bob.example", Ipv4Addr::LOCALHOST.into());
    server.add_dnsaddr("example", &address.to_string());
    let alice = || {
        Host::builder(Keypair::generate_ed25519())
            .name_servers([server.address()])
            .start()
    };

    let port = address.port().unwrap();
    let by_dns = parse(&format!("/dns4/bob.example/udp/{port}/quic-v1"));
    let by_dnsaddr = parse("/dnsaddr/example").with_peer(bob.peer_id());

    for name in [by_dns, by_dnsaddr] {
        let alice = alice().await.unwrap();
        assert_eq!(alice.connect(name).await.unwrap(), bob.peer_id());
    }
}

#[tokio::test]
async fn a_host_with_another_runtime_asks_nobody_until_it_is_told_whom() {
    let server = NameServer::start().await.unwrap();
    let network = MemoryNetwork::new(Runtime::tokio());
    let builder = || {
        let keypair = Keypair::generate_ed25519();
        let transport = network.transport(keypair.peer_id());
        Host::builder(keypair)
            .transport(Arc::new(transport))
            .runtime(Runtime::tokio())
    };
    let resolver = DnsResolver::new([server.address()], sinew::dns::Config::default());
    let resolver: Arc<dyn Resolver> = Arc::new(resolver);

    let without = builder().start().await.unwrap();
    let with = builder().resolver(resolver).start().await.unwrap();

    assert!(matches!(failure(&without).await, LookupFailure::NoResolver));
    assert!(matches!(
        failure(&with).await,
        LookupFailure::Unanswered { .. }
    ));
    assert_eq!(server.asked().len(), 1);
}

async fn failure(host: &Host) -> LookupFailure {
    let connecting = host.connect(parse("/dns4/nobody.example/udp/1/quic-v1"));
    let Err(ConnectError::AllFailed(failed)) = connecting.await else {
        panic!("the name leads nowhere")
    };
    let DialFailure::Lookup(failure) = failed.attempts.first().unwrap().error.clone() else {
        panic!("unexpected {failed}")
    };
    failure
}

fn parse(address: &str) -> Address {
    address.parse().unwrap()
}
