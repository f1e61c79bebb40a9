//! The part that counts.

use crate::cases::Work;

/// Does the work. callgrind is told to count from this function's entry to its return, by its name.
#[inline(never)]
pub(crate) fn measured(work: &mut Work) {
    work();
    std::hint::black_box(());
}
