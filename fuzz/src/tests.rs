//! The seeds as a plain test.

use std::{fs, path::Path};

#[test]
fn each_target_takes_its_seeds() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 14] = [
        ("address", crate::address),
        ("certificate", crate::certificate),
        ("envelope", crate::envelope),
        ("file_transfer", crate::file_transfer),
        ("identify", crate::identify),
        ("keypair", crate::keypair),
        ("multistream", crate::multistream),
        ("noise", crate::noise),
        ("peer_id", crate::peer_id),
        ("protocol", crate::protocol),
        ("public_key", crate::public_key),
        ("quic", crate::quic),
        ("tcp", crate::tcp),
        ("yamux", crate::yamux),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("seeds")
            .join(name);
        let mut seeds = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seeds");
        target(&[]);
    }
}
