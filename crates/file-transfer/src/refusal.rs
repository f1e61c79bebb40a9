//! Why a receiver does not keep a file.

/// Why a receiver does not keep a file, as it travels on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The name could leave the receive folder, or is no ordinary name on every system.
    #[error("the name is not safe")]
    UnsafeName,
    /// Something else has that name already, and is left as it is.
    #[error("a different file of that name is there")]
    NameTaken,
    /// A link, a device or a file is in the way of a folder, or one of them or a folder has the name.
    #[error("a link, device or folder is in the way")]
    Obstructed,
    /// The file is larger than the receiver takes, or more than it still takes.
    #[error("the file is too large for the receiver")]
    TooLarge,
    /// The receiver has too much in progress; trying again later helps.
    #[error("the receiver is busy")]
    Busy,
    /// The same content is being received; trying again later helps.
    #[error("the same content is being received already")]
    InProgress,
    /// The receiver's disk is full. What arrived is kept.
    #[error("the receiver's disk is full")]
    StorageFull,
    /// The receiver could not read or write its disk.
    #[error("the receiver's disk does not work")]
    StorageFailed,
    /// The content is not what was announced. Nothing is kept.
    #[error("the content is not what was announced")]
    HashMismatch,
    /// The content is not what was announced, but a part of it came from an earlier attempt and may be to
    /// blame. Nothing is kept; sending it again from the beginning may help.
    #[error("the content, with a part kept from an earlier attempt, is not what was announced")]
    ResumedMismatch,
    /// The stream ended before the content did. What arrived is kept.
    #[error("the content ended early")]
    Truncated,
    /// A reason that a later version of the protocol knows.
    #[error("for a reason unknown here ({code})")]
    Unknown {
        /// Its number on the wire.
        code: u32,
    },
}

impl Refusal {
    /// Says whether sending the same file again may succeed without anyone changing anything.
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::InProgress | Self::ResumedMismatch | Self::Truncated
        )
    }

    /// [file-transfer §Reasons]
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::UnsafeName => 1,
            Self::NameTaken => 2,
            Self::Obstructed => 3,
            Self::TooLarge => 4,
            Self::Busy => 5,
            Self::InProgress => 6,
            Self::StorageFull => 7,
            Self::StorageFailed => 8,
            Self::HashMismatch => 9,
            Self::ResumedMismatch => 10,
            Self::Truncated => 11,
            Self::Unknown { code } => code,
        }
    }

    pub(crate) fn from_code(code: u32) -> Self {
        match code {
            1 => Self::UnsafeName,
            2 => Self::NameTaken,
            3 => Self::Obstructed,
            4 => Self::TooLarge,
            5 => Self::Busy,
            6 => Self::InProgress,
            7 => Self::StorageFull,
            8 => Self::StorageFailed,
            9 => Self::HashMismatch,
            10 => Self::ResumedMismatch,
            11 => Self::Truncated,
            code => Self::Unknown { code },
        }
    }

    pub(crate) fn from_disk(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;

        if matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded
        ) {
            Self::StorageFull
        } else {
            Self::StorageFailed
        }
    }
}

#[cfg(test)]
mod tests {
    //! The numbers on the wire.

    use super::*;

    #[test]
    fn every_number_comes_back() {
        for code in 0..20 {
            assert_eq!(Refusal::from_code(code).code(), code);
        }
    }

    #[test]
    fn tells_a_full_disk_from_a_broken_one() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let broken = std::io::Error::from(std::io::ErrorKind::Other);

        assert_eq!(Refusal::from_disk(&full), Refusal::StorageFull);
        assert_eq!(Refusal::from_disk(&broken), Refusal::StorageFailed);
    }
}
