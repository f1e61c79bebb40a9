//! How many bytes a piece of work holds.
#![allow(unsafe_code, reason = "an allocator is unsafe to write")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator, which counts for each thread by itself, so that tests beside each other do not disturb
/// one another.
///
/// A binary whose tests measure what they hold says:
///
/// ```
/// #[global_allocator]
/// static COUNTING: sinew_testkit::CountingAllocator = sinew_testkit::CountingAllocator;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

/// What this thread holds more than it did at the beginning.
#[derive(Debug)]
pub struct Heap {
    begin: isize,
}

impl Heap {
    /// Begins to measure what this thread holds, and forgets the peak of what was measured before.
    ///
    /// # Panics
    ///
    /// If the binary has another allocator than [`CountingAllocator`].
    #[must_use]
    pub fn begin() -> Self {
        let before = NOW.get();
        let probe = std::hint::black_box(Box::new(0_u64));
        assert_ne!(NOW.get(), before, "there is no `CountingAllocator`");
        drop(probe);
        PEAK.set(before);
        Self { begin: before }
    }

    /// Returns the bytes that are held beyond what was held at the beginning.
    #[must_use]
    pub fn held(&self) -> usize {
        usize::try_from(NOW.get() - self.begin).unwrap_or(0)
    }

    /// Returns the most bytes that were ever held at once beyond what was held at the beginning.
    #[must_use]
    pub fn peak(&self) -> usize {
        usize::try_from(PEAK.get() - self.begin).unwrap_or(0)
    }
}

thread_local! {
    /// What the thread has taken less what it has given back, which may be what another took.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    let now = NOW.get().wrapping_add(change);
    NOW.set(now);
    if now > PEAK.get() {
        PEAK.set(now);
    }
}

/// No layout is larger than `isize::MAX`.
fn size(layout: Layout) -> isize {
    layout.size().cast_signed()
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-size(layout));
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
