//! Runs [`sinew_fuzz::ping`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::ping(data));
