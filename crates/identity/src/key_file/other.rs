//! Permissions and folders where neither is ours to arrange: a new file inherits the permissions of
//! its folder, and a folder is not a thing to be written to disk.

use std::fs::{Metadata, OpenOptions};
use std::path::Path;

pub(super) fn make_private(_options: &mut OpenOptions) {}

pub(super) fn exposed_mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(super) fn sync_folder(_folder: &Path) {}
