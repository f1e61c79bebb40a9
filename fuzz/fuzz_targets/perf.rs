//! Runs [`sinew_fuzz::perf`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::perf(data));
