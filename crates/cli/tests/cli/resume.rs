//! A file whose first sender gave up on the way.

use std::{fs, path::Path};

use serde_json::json;
use sinew::{
    Host, Keypair,
    file_transfer::{self, Outgoing, Phase, SendConfig, Sender},
};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::program::{Node, sinew};

#[test]
fn a_file_that_was_cut_off_goes_on_where_it_ended() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let inbox = there.path().join("inbox");
    let node = Node::start(there.path(), &["--receive", inbox.to_str().unwrap()]);
    let path = here.path().join("large.bin");
    let content: Vec<u8> = (0..FILE_BYTES).map(|i| (i * 31 / 7 % 251) as u8).collect();
    fs::write(&path, &content).unwrap();
    give_up_half_way(&path, node.address());
    assert!(!inbox.join("large.bin").exists());

    let run = sinew(["send", node.address(), path.to_str().unwrap(), "--json"]).success();

    let sent = &run.objects()[0];
    let resumed_from = sent["resumed_from"].as_u64().unwrap();
    assert!(resumed_from > 0 && resumed_from < FILE_BYTES, "{sent}");
    assert_eq!(sent["was_there"], json!(false));
    assert_eq!(sent["bytes"], json!(FILE_BYTES));
    assert_eq!(fs::read(inbox.join("large.bin")).unwrap(), content);
}

/// Sends the first half of a file and leaves.
///
/// More than what the windows of a stream hold was written by then, so some of it has reached the disk.
#[tokio::main]
async fn give_up_half_way(path: &Path, address: &str) {
    let host = Host::builder(Keypair::generate_ed25519())
        .start()
        .await
        .unwrap();
    let peer = host.connect(address.parse().unwrap()).await.unwrap();
    let stream = host
        .open_stream(peer, file_transfer::PROTOCOL)
        .await
        .unwrap();
    let outgoing = Outgoing::open(path, |_| {}).await.unwrap();
    let (half, is_half) = oneshot::channel();
    let mut half = Some(half);
    let sender = Sender::new(host.runtime(), SendConfig::default());
    let sending = sender.send(stream, &outgoing, |progress| {
        if progress.phase == Phase::Sending
            && progress.done >= FILE_BYTES / 2
            && let Some(half) = half.take()
        {
            half.send(()).unwrap();
        }
    });
    tokio::select! {
        biased;
        _ = is_half => {}
        sent = sending => panic!("it is not to be sent: {sent:?}"),
    }
    host.shutdown().await;
}

const FILE_BYTES: u64 = 32 << 20;
