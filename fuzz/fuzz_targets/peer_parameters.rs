//! Runs [`sinew_fuzz::peer_parameters`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::peer_parameters(data));
