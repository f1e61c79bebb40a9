//! Runs [`sinew_fuzz::quic`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sinew_fuzz::quic(data));
