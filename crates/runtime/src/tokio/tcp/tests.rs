//! Tests of what cannot be seen through the port.

use std::future::poll_fn;

use super::*;

#[tokio::test]
async fn no_socket_waits_for_more_before_it_sends() {
    let socket = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let remote = socket.local_addr().unwrap();
    let options = TcpOptions::default();
    let listener = Listener { socket, options };

    let dialed = connect(remote, TcpOptions::default()).await.unwrap();
    let (accepted, _) = poll_fn(|cx| listener.poll_stream(cx)).await.unwrap();

    assert!(dialed.0.nodelay().unwrap());
    assert!(accepted.0.nodelay().unwrap());
}
