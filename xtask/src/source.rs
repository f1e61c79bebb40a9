//! The files of the repository: everything git knows or would add.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::exec::Exec;

/// A text file, with its path from the root of the repository.
pub(crate) struct SourceFile {
    /// With forward slashes on every platform.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Reads every text file of the repository that is not ignored. Files that are not UTF-8 are left out.
pub(crate) fn read_all(root: &Path) -> Result<Vec<SourceFile>, Error> {
    let listing = Exec::new("git")
        .words("ls-files -z --cached --others --exclude-standard")
        .directory(root)
        .output()?;
    let mut files = Vec::new();
    for path in listing.split_terminator('\0') {
        let full: PathBuf = root.join(path);
        // Deleted but not committed, a link into nothing, or a folder behind a link.
        if !full.is_file() {
            continue;
        }
        let bytes = std::fs::read(&full).map_err(|source| Error::Read { path: full, source })?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

impl SourceFile {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Returns whether the whole file is test code, by where it lies.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        self.path.ends_with("/tests.rs") || parts.any(|part| part == "tests" || part == "testing")
    }

    /// Returns the lines of code that are not tests, each with its number from 1.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.is_test();
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index.saturating_add(1), line))
            .take_while(move |(_, line)| !is_test && !opens_inline_tests(line))
    }
}

/// Inline test modules stand at the end of a file.
fn opens_inline_tests(line: &str) -> bool {
    line.starts_with("mod tests {")
}
