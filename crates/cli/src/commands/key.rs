//! `sinew key`: makes and looks at private keys.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sinew::{Keypair, PeerId, key_file};

use crate::{
    Context,
    arguments::{Key, NewKeyType},
    failure::Failure,
    identity,
    units::hex,
};

pub(crate) fn run(command: &Key, context: &Context) -> Result<(), Failure> {
    match command {
        Key::Generate { key_type, file } => generate(*key_type, file, context),
        Key::Show { file } => show(file, context),
    }
}

fn generate(key_type: NewKeyType, file: &Path, context: &Context) -> Result<(), Failure> {
    let keypair = match key_type {
        NewKeyType::Ed25519 => Keypair::generate_ed25519(),
        NewKeyType::Secp256k1 => Keypair::generate_secp256k1(),
        NewKeyType::Ecdsa => Keypair::generate_ecdsa(),
    };
    key_file::create(file, &keypair).map_err(identity::explain)?;
    context.print(&KeyInfo::new(&keypair, file))
}

fn show(file: &Path, context: &Context) -> Result<(), Failure> {
    let keypair = identity::load(file)?;
    context.print(&KeyInfo::new(&keypair, file))
}

/// What may be said about a private key.
#[derive(Serialize)]
#[serde(tag = "event", rename = "key")]
struct KeyInfo {
    peer: PeerId,
    #[serde(rename = "type")]
    key_type: &'static str,
    public_key_hex: String,
    file: PathBuf,
}

impl KeyInfo {
    fn new(keypair: &Keypair, file: &Path) -> Self {
        Self {
            peer: keypair.peer_id(),
            key_type: keypair.key_type().name(),
            public_key_hex: hex(&keypair.public().to_protobuf()),
            file: file.into(),
        }
    }
}

impl fmt::Display for KeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "peer id     {}", self.peer)?;
        writeln!(f, "type        {}", self.key_type)?;
        writeln!(f, "public key  {}", self.public_key_hex)?;
        write!(f, "file        {}", self.file.display())
    }
}
