#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| (connlint_tests::fuzz::target("sources").run)(input));
