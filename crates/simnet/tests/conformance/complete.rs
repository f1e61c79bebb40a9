//! No check is written and then forgotten.

use std::{fs, path::Path};

#[test]
fn every_check_is_on_a_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lists = fs::read_to_string(source.join("conformance.rs")).unwrap();
    let mut checks = 0;

    for file in fs::read_dir(source.join("conformance")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            let Some(declared) = line.strip_prefix("pub async fn ") else {
                continue;
            };
            let name = declared.split('(').next().unwrap();
            assert!(
                lists.lines().any(|line| line.trim() == name),
                "{name} is on no list"
            );
            checks += 1;
        }
    }

    assert!(checks > 50, "only {checks} checks were found");
}
