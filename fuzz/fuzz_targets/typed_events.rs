#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pipescope_fuzz::typed_events(data));
