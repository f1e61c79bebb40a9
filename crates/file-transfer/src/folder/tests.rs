//! Where names lead, and how files get them.

use tempfile::TempDir;

use super::*;
use crate::NameRules;

#[test]
fn a_folder_belongs_to_one_receiver_at_a_time() {
    let dir = TempDir::new().unwrap();
    let first = Folder::open(dir.path()).unwrap();

    let second = Folder::open(dir.path());
    drop(first);
    let third = Folder::open(dir.path());

    assert!(matches!(second, Err(FolderError::InUse { .. })));
    assert!(third.is_ok());
}

#[cfg(unix)]
#[test]
fn a_linked_partial_folder_is_refused() {
    let (dir, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), dir.path().join(PARTIAL_FOLDER)).unwrap();

    let outcome = Folder::open(dir.path());

    assert!(matches!(outcome, Err(FolderError::NotAFolder { .. })));
}

#[cfg(unix)]
#[test]
fn a_linked_partial_file_is_not_followed() {
    let (dir, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let folder = Folder::open(dir.path()).unwrap();
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, folder.partial_path(&HASH)).unwrap();

    let outcome = folder.open_partial(&HASH, 10, |_| false);

    assert!(outcome.is_err());
    assert_eq!(fs::read(victim).unwrap(), b"precious");
}

#[cfg(unix)]
#[test]
fn a_partial_file_that_has_its_name_already_is_not_written_to() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    fs::write(folder.partial_path(&HASH), "complete").unwrap();
    fs::hard_link(folder.partial_path(&HASH), dir.path().join("name")).unwrap();

    let (mut file, len) = folder.open_partial(&HASH, 10, |_| false).unwrap().unwrap();
    io::Write::write_all(&mut file, b"other").unwrap();

    assert_eq!(len, 0);
    assert_eq!(fs::read(dir.path().join("name")).unwrap(), b"complete");
}

#[test]
fn a_file_gets_its_name_with_the_folders_in_it() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    fs::write(folder.partial_path(&HASH), "content").unwrap();

    let placed = folder.place(&HASH, &name("a/b/c.txt")).unwrap();

    let path = folder.root().join("a/b/c.txt");
    assert_eq!(placed, Placed::At(path.clone()));
    assert_eq!(fs::read(path).unwrap(), b"content");
    assert!(!folder.partial_path(&HASH).exists());
}

#[test]
fn a_name_that_is_taken_leaves_everything_as_it_was() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    fs::write(folder.partial_path(&HASH), "new").unwrap();
    fs::write(dir.path().join("name"), "old").unwrap();

    let placed = folder.place(&HASH, &name("name")).unwrap();

    assert_eq!(placed, Placed::Taken);
    assert_eq!(fs::read(dir.path().join("name")).unwrap(), b"old");
    assert!(folder.partial_path(&HASH).exists());
}

#[cfg(unix)]
#[test]
fn folders_made_for_a_file_that_cannot_be_placed_are_removed() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::open(dir.path()).unwrap();

    // There is no partial file to give the name to.
    let outcome = folder.place(&HASH, &name("a/b/c.txt"));

    assert!(outcome.is_err());
    assert!(!dir.path().join("a").exists());
}

#[test]
fn the_oldest_partial_file_that_is_idle_makes_room() {
    let dir = TempDir::new().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let hashes: Vec<Hash> = (0..3u8).map(|i| [i; 32]).collect();
    for (age, hash) in hashes.iter().enumerate() {
        let file = File::create(folder.partial_path(hash)).unwrap();
        let modified = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
        file.set_modified(modified).unwrap();
    }

    let in_use = |hash: &Hash| *hash == hashes[0];
    let opened = folder.open_partial(&HASH, 3, in_use).unwrap();
    let refused = folder.open_partial(&[9; 32], 3, |_| true).unwrap();

    assert!(opened.is_some());
    assert!(refused.is_none());
    let kept = hashes.iter().map(|hash| folder.partial_path(hash).exists());
    assert_eq!(kept.collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn the_name_of_a_partial_file_is_its_hash() {
    let hash: Hash = std::array::from_fn(|i| i as u8 * 8);

    assert_eq!(hash_from_hex(&hex(&hash)), Some(hash));
    assert_eq!(hash_from_hex("lock"), None);
    assert_eq!(hash_from_hex(&"zz".repeat(32)), None);
}

fn name(name: &str) -> SafeName {
    SafeName::parse(name, &NameRules::default()).unwrap()
}

const HASH: Hash = [0xab; 32];
