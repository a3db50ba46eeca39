//! `phi_detector` for libFuzzer: see the README.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::phi::detector(data));
