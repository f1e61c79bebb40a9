//! Who to dial, what to keep, what to refuse, what to tell the user.
