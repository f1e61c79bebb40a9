//! The table on `docs/performance.md`.

use std::fs;

use crate::error::Error;
use crate::workspace::Workspace;

/// Writes `table` between its marks.
pub(super) fn write(workspace: &Workspace, table: &str) -> Result<(), Error> {
    let path = workspace.root.join("docs").join("performance.md");
    let page = fs::read_to_string(&path).map_err(|source| Error::Read {
        path: path.clone(),
        source,
    })?;
    let Some(page) = replaced(&page, table) else {
        let finding = format!(
            "{} has no part between `{BEGIN}` and `{END}`",
            path.display()
        );
        return Error::unless_empty("micro", vec![finding]);
    };
    fs::write(&path, page).map_err(|source| Error::Write { path, source })
}

/// Returns `page` with another table, or nothing if it has no place for one.
fn replaced(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n{}\n{END}{after}",
        table.trim_end()
    ))
}

const BEGIN: &str = "<!-- micro -->";
const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests;
