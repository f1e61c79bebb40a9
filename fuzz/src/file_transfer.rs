//! What is said around a file.

use std::{fs, path::PathBuf, process, sync::OnceLock};

use sinew_file_transfer::{
    Config, NameRules, Outgoing, PROTOCOL, Receiver, SafeName, SendConfig, Sender,
};
use sinew_identity::Keypair;
use sinew_runtime::Runtime;
use sinew_transport::{ConnectionId, Direction, Stream, StreamInfo};

use crate::{patience::Patience, said::Said};

/// Reads `data` as a name, as what a sender says, or as what a receiver says, as the first byte wants it.
pub fn file_transfer(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    match mode % 3 {
        0 => name(input),
        1 => offered(input),
        _ => answered(input),
    }
}

/// # Panics
///
/// Panics when a name that is called safe leads out of its folder.
fn name(input: &[u8]) {
    let Ok(name) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(safe) = SafeName::parse(name, &NameRules::default()) else {
        return;
    };
    let parts = safe.folders().chain([safe.file()]);
    for part in parts {
        assert!(!matches!(part, "" | "." | ".."), "{name:?}");
        assert!(!part.contains(['/', '\\', '\0']), "{name:?}");
    }
}

/// # Panics
///
/// Panics when a file lands outside of its folder.
fn offered(input: &[u8]) {
    let lab = Lab::get();
    let outcome = Patience::run(lab.receiver.serve(stream(input)));
    if let Ok(received) = outcome {
        assert!(received.path.starts_with(lab.receiver.folder()));
        assert_eq!(
            fs::metadata(&received.path).map(|it| it.len()).ok(),
            Some(received.size)
        );
        // Another run may well receive the same.
        fs::remove_file(&received.path).ok();
    }
}

/// # Panics
///
/// Panics when a file counts as sent that was not confirmed.
fn answered(input: &[u8]) {
    let lab = Lab::get();
    let sending = lab.sender.send(stream(input), &lab.outgoing, |progress| {
        assert!(progress.done <= progress.total);
    });
    if let Ok(sent) = Patience::run(sending) {
        assert!(sent.resumed_from <= sent.size);
        assert!(input.len() > 1, "nobody said that it arrived");
    }
}

/// Both sides, and a folder for them.
struct Lab {
    receiver: Receiver,
    sender: Sender,
    outgoing: Outgoing,
}

impl Lab {
    fn get() -> &'static Self {
        static LAB: OnceLock<Lab> = OnceLock::new();
        LAB.get_or_init(|| {
            let folder = folder();
            let (receiver, outgoing) = Patience::run(async {
                let runtime = Runtime::tokio();
                let path = folder.join("letter");
                fs::write(&path, LETTER).expect("there is room for a file");
                let config = Config::default();
                let receiver = Receiver::open(&runtime, folder.join("in"), config, |_| {});
                let outgoing = Outgoing::open(&path, |_| {}).await;
                (
                    receiver.await.expect("the folder is ours"),
                    outgoing.expect("the file is there"),
                )
            });
            let sender = Sender::new(&Runtime::tokio(), SendConfig::default());
            Lab {
                receiver,
                sender,
                outgoing,
            }
        })
    }
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sinew-fuzz-{}", process::id()));
    fs::create_dir_all(&folder).expect("there is room for a folder");
    folder
}

fn stream(input: &[u8]) -> Stream {
    let info = StreamInfo {
        peer: Keypair::ed25519_from_secret([2; 32]).peer_id(),
        connection: ConnectionId(1),
        direction: Direction::Inbound,
        protocol: Some(PROTOCOL),
    };
    let said = Said::new(input, input.len().max(1));
    Stream::new(Box::new(said), info)
}

const LETTER: [u8; 3000] = [7; 3000];
