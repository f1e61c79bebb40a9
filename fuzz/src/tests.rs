//! The seeds as a plain test.

use std::{collections::BTreeSet, fs, path::Path};

use crate::TARGETS;

#[test]
fn each_target_takes_its_seeds() {
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for path in entries(&format!("seeds/{name}")) {
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seeds");
        target(&[]);
    }
}

#[test]
fn each_target_has_a_program_and_seeds_and_there_are_no_others() {
    let names: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["fuzz_targets", "seeds"] {
        let found = entries(folder).into_iter();
        let found = found.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());

        assert_eq!(found.collect::<BTreeSet<_>>(), names, "{folder}");
    }
}

fn entries(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
