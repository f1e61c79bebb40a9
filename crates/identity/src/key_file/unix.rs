//! Permissions and folders on Unix.

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Lets the owner alone read and write the file about to be made.
pub(super) fn make_private(options: &mut OpenOptions) {
    options.mode(0o600);
}

/// Returns the permission bits of a file that others may use, or that the group may write.
pub(super) fn exposed_mode(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o027 != 0).then_some(mode)
}

/// Writes the folder's list of names to disk. The file itself is there already, so a file system
/// that cannot do this is no reason to fail.
pub(super) fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}
