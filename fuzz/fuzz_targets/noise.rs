//! Runs [`sinew_fuzz::noise`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::noise(data));
