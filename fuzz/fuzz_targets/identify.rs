//! Runs [`sinew_fuzz::identify`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::identify(data));
