//! Names that cannot leave the folder they are put in.

use std::{fmt, path::Path};

/// A relative name that is an ordinary name on every system, below whatever folder it is joined to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeName(String);

/// What names are allowed beyond what is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameRules {
    /// Parts a name may have. 8: folders of folders, but no endless nesting.
    pub max_depth: usize,
    /// Whether a part may start with a dot. Such files configure programs when they lie in the right
    /// folder, and are easily overlooked. False.
    pub dangerous_hidden: bool,
}

/// Why a name is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsafeName {
    /// It has no characters, or a part of it has none.
    #[error("a part of the name is empty")]
    Empty,
    /// It has more bytes than any name.
    #[error("the name has {len} bytes, more than {}", SafeName::MAX_BYTES)]
    TooLong {
        /// How many.
        len: usize,
    },
    /// A part of it has more bytes than file systems take.
    #[error(
        "a part of the name has {len} bytes, more than {}",
        SafeName::MAX_PART_BYTES
    )]
    PartTooLong {
        /// How many.
        len: usize,
    },
    /// It has more parts than the receiver allows.
    #[error("the name has more than {max} parts")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// It starts at the root of a file system.
    #[error("the name is absolute")]
    Absolute,
    /// A part of it is `.` or `..`.
    #[error("the name climbs out of its folder")]
    Climbing,
    /// A part of it starts with a dot.
    #[error("the name is that of a hidden file")]
    Hidden,
    /// It has a character that some system gives a meaning to, or that cannot be seen.
    #[error("the name has the character {character:?}")]
    Character {
        /// Which.
        character: char,
    },
    /// A part of it ends with a dot or a space, which Windows drops.
    #[error("a part of the name ends with a dot or a space")]
    TrailingDotOrSpace,
    /// A part of it is a device on Windows.
    #[error("the name is that of a device")]
    Device,
    /// A part of it is the folder that receivers keep for themselves.
    #[error("the name is reserved for receivers")]
    Reserved,
}

impl SafeName {
    /// The longest name in bytes.
    pub const MAX_BYTES: usize = 1_024;

    /// The longest part of a name in bytes: what common file systems take.
    pub const MAX_PART_BYTES: usize = 255;

    /// Checks `name`, whose parts are separated by `/`.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn parse(name: &str, rules: &NameRules) -> Result<Self, UnsafeName> {
        // [file-transfer §Names]
        if name.len() > Self::MAX_BYTES {
            return Err(UnsafeName::TooLong { len: name.len() });
        }
        if name.starts_with('/') {
            return Err(UnsafeName::Absolute);
        }
        if name.split('/').count() > rules.max_depth {
            return Err(UnsafeName::TooDeep {
                max: rules.max_depth,
            });
        }
        for part in name.split('/') {
            check_part(part, rules)?;
        }
        Ok(Self(name.to_owned()))
    }

    /// Returns the name, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the folders of the name, outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let (folders, _) = self.0.rsplit_once('/').unwrap_or(("", ""));
        folders.split('/').filter(|part| !part.is_empty())
    }

    /// Returns the last part of the name.
    pub fn file(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

fn check_part(part: &str, rules: &NameRules) -> Result<(), UnsafeName> {
    if part.is_empty() {
        return Err(UnsafeName::Empty);
    }
    if part == "." || part == ".." {
        return Err(UnsafeName::Climbing);
    }
    if part.len() > SafeName::MAX_PART_BYTES {
        return Err(UnsafeName::PartTooLong { len: part.len() });
    }
    if let Some(character) = part.chars().find(|c| is_forbidden(*c)) {
        return Err(UnsafeName::Character { character });
    }
    if part.ends_with(['.', ' ']) {
        return Err(UnsafeName::TrailingDotOrSpace);
    }
    if is_reserved(part) {
        return Err(UnsafeName::Reserved);
    }
    if part.starts_with('.') && !rules.dangerous_hidden {
        return Err(UnsafeName::Hidden);
    }
    if is_device(part) {
        return Err(UnsafeName::Device);
    }
    Ok(())
}

/// Separators, drives and streams of Windows, control characters, and characters that are not shown or
/// turn the text around, so that a name looks like another.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\\' | ':')
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// The receivers' own folder, in any case and under the short name that Windows gives it.
fn is_reserved(part: &str) -> bool {
    let lower = part.to_ascii_lowercase();
    lower == PARTIAL_FOLDER || lower.starts_with("sinew-~")
}

/// Windows opens these devices in every folder, whatever extension is appended.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ');
    let stem = stem.to_ascii_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) {
        return true;
    }
    let Some(port) = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"))
    else {
        return false;
    };
    let mut port = port.chars();
    matches!(
        (port.next(), port.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}

impl Default for NameRules {
    fn default() -> Self {
        Self {
            max_depth: 8,
            dangerous_hidden: false,
        }
    }
}

impl AsRef<Path> for SafeName {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The folder, inside the receive folder, of files in progress.
pub(crate) const PARTIAL_FOLDER: &str = ".sinew-partial";

#[cfg(test)]
mod tests;
